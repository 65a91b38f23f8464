package dev.myelin.tokenizer;

import dev.myelin.error.ModelFileException;
import dev.myelin.gguf.GgufArray;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.Metadata;
import org.jspecify.annotations.Nullable;

/**
 * The validated token tables of a file.
 *
 * @param texts of the tokens, as in the file
 * @param wellKnown the ids of those that are known by their texts
 * @param attributes {@link TokenAttribute} bits of each token
 */
record TokenTable(ByteStrings texts, @Nullable WellKnownTokens wellKnown, byte[] attributes) {
  static final String TOKENS_KEY = "tokenizer.ggml.tokens";
  private static final String TYPES_KEY = "tokenizer.ggml.token_type";
  private static final String SCORES_KEY = "tokenizer.ggml.scores";

  /** The largest known vocabulary has 262,144 tokens. */
  static final int MAX_TOKENS = 1 << 22;

  /** Total length of the special tokens, which must fit a {@link ByteTrie}. */
  private static final int MAX_SPECIAL_BYTES = ByteTrie.MAX_NODES / 2;

  static TokenTable of(GgufFile file) {
    Metadata metadata = file.metadata();
    ByteStrings texts = ByteStrings.of(file, TOKENS_KEY, MAX_TOKENS).withEmptyNamed();
    int size = texts.size();
    if (size == 0) {
      throw metadata.error(TOKENS_KEY, "expected at least one token");
    }
    GgufArray types = metadata.has(TYPES_KEY) ? arrayOfSize(metadata, TYPES_KEY, size) : null;
    TokenTable table = new TokenTable(texts, new WellKnownTokens(), new byte[size]);
    long specialBytes = 0;
    for (int i = 0; i < size; i++) {
      byte attribute = types == null ? TokenAttribute.NORMAL : TokenAttribute.ofType(types.i32(i));
      table.attributes[i] = attribute;
      table.wellKnown.addIfKnown(texts, i);
      if ((attribute & TokenAttribute.SPECIAL) != 0) {
        specialBytes += texts.end(i) - texts.start(i);
      } else if ((attribute & TokenAttribute.BYTE) != 0) {
        table.requireByteToken(file, i);
      }
    }
    if (specialBytes > MAX_SPECIAL_BYTES) {
      throw new ModelFileException(
          file.path(),
          "key " + TOKENS_KEY + ": special tokens of " + specialBytes + " bytes",
          "expected at most " + MAX_SPECIAL_BYTES + " together");
    }
    return table;
  }

  /** The scores of the tokens; 0 if the file has none. */
  float[] scores(Metadata metadata) {
    if (!metadata.has(SCORES_KEY)) {
      return new float[texts.size()];
    }
    GgufArray array = arrayOfSize(metadata, SCORES_KEY, texts.size());
    boolean integers = array.elementType().isInteger();
    float[] scores = new float[texts.size()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = integers ? array.i64(i) : array.f32(i);
      if (Float.isNaN(scores[i])) {
        throw metadata.error(SCORES_KEY, "expected numbers, element " + i + " is NaN");
      }
    }
    return scores;
  }

  /** The id of one of the {@link WellKnownTokens}, or {@link Vocabulary#NONE}. */
  int find(String text) {
    return wellKnown.find(text);
  }

  void addAttribute(int id, int attribute) {
    attributes[id] |= (byte) attribute;
  }

  /** Checks that a byte token is written {@code <0x0A>}: decoding relies on it. */
  private void requireByteToken(GgufFile file, int id) {
    if (ByteToken.value(texts, id) < 0) {
      throw new ModelFileException(
          file.path(),
          "key " + TOKENS_KEY + ": token " + id + " = \"" + texts.text(id) + '"',
          "expected <0x00> to <0xFF>, its type is byte");
    }
  }

  private static GgufArray arrayOfSize(Metadata metadata, String key, int size) {
    GgufArray array = metadata.array(key);
    if (array.size() != size) {
      throw metadata.error(key, "expected " + size + " elements, one for each token");
    }
    return array;
  }
}

package dev.myelin.tokenizer;

import dev.myelin.error.ModelFileException;
import dev.myelin.gguf.GgufArray;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.Metadata;

/**
 * What a file says of its tokens, checked.
 *
 * @param texts as the file writes them
 * @param known the ids of those that are known by their texts
 * @param attributes of {@link Attribute}, one a token
 */
record TokenTable(ByteStrings texts, KnownTexts known, byte[] attributes) {
  static final String TOKENS = "tokenizer.ggml.tokens";
  private static final String TYPES = "tokenizer.ggml.token_type";
  private static final String SCORES = "tokenizer.ggml.scores";

  /** Far above the largest vocabulary known, 262,144. */
  static final int MOST = 1 << 22;

  /** Of special tokens together, which must fit a {@link ByteTrie}. */
  private static final int MOST_SPECIAL_BYTES = ByteTrie.MOST_NODES / 2;

  static TokenTable of(GgufFile file) {
    Metadata metadata = file.metadata();
    ByteStrings texts = ByteStrings.of(file, TOKENS, MOST).namingEmpty();
    int size = texts.size();
    if (size == 0) {
      throw metadata.error(TOKENS, "expected at least one token");
    }
    GgufArray types = metadata.has(TYPES) ? elements(metadata, TYPES, size) : null;
    TokenTable table = new TokenTable(texts, new KnownTexts(), new byte[size]);
    long special = 0;
    for (int i = 0; i < size; i++) {
      byte attribute = types == null ? Attribute.NORMAL : Attribute.ofType(types.i32(i));
      table.attributes[i] = attribute;
      table.known.consider(texts, i);
      if ((attribute & Attribute.SPECIAL) != 0) {
        special += texts.end(i) - texts.start(i);
      } else if ((attribute & Attribute.BYTE) != 0) {
        table.requireByte(file, i);
      }
    }
    if (special > MOST_SPECIAL_BYTES) {
      throw new ModelFileException(
          file.path(),
          "key " + TOKENS + ": special tokens of " + special + " bytes",
          "expected at most " + MOST_SPECIAL_BYTES + " together");
    }
    return table;
  }

  /** Each token's score, 0 where the file has none. */
  float[] scores(Metadata metadata) {
    if (!metadata.has(SCORES)) {
      return new float[texts.size()];
    }
    GgufArray array = elements(metadata, SCORES, texts.size());
    boolean integers = array.elementType().isInteger();
    float[] scores = new float[texts.size()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = integers ? array.i64(i) : array.f32(i);
      if (Float.isNaN(scores[i])) {
        throw metadata.error(SCORES, "expected numbers, element " + i + " is not a number");
      }
    }
    return scores;
  }

  /** The id of one of the {@link KnownTexts}, or {@link Vocabulary#NONE}. */
  int find(String text) {
    return known.find(text);
  }

  void mark(int id, int attribute) {
    attributes[id] |= (byte) attribute;
  }

  /** A token of type byte is written {@code <0x0A>}; its text is read when it is decoded. */
  private void requireByte(GgufFile file, int id) {
    if (ByteToken.value(texts, id) < 0) {
      throw new ModelFileException(
          file.path(),
          "key " + TOKENS + ": token " + id + " = \"" + texts.text(id) + '"',
          "expected <0x00> to <0xFF>, for its type is byte");
    }
  }

  private static GgufArray elements(Metadata metadata, String key, int size) {
    GgufArray array = metadata.array(key);
    if (array.size() != size) {
      throw metadata.error(key, "expected " + size + " elements, one a token");
    }
    return array;
  }
}

package dev.myelin.tokenizer;

import dev.myelin.error.ModelFileException;
import dev.myelin.gguf.GgufArray;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.Metadata;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What a file says of its tokens, checked.
 *
 * @param texts as the file writes them
 * @param table from text to id
 * @param attributes of {@link Attribute}, one a token
 */
record TokenTable(ByteStrings texts, ByteStringTable table, byte[] attributes) {
  static final String TOKENS = "tokenizer.ggml.tokens";
  private static final String TYPES = "tokenizer.ggml.token_type";
  private static final String SCORES = "tokenizer.ggml.scores";

  /** Far above the largest vocabulary known, 262,144. */
  private static final int MOST = 1 << 22;

  private static final int MOST_SPECIAL_BYTES = ByteTrie.MOST_NODES / 2;

  static TokenTable of(GgufFile file) {
    Metadata metadata = file.metadata();
    ByteStrings texts = ByteStrings.of(file, TOKENS, MOST).namingEmpty();
    if (texts.size() == 0) {
      throw metadata.bad(TOKENS, "expected at least one token");
    }
    ByteStringTable table = new ByteStringTable(texts);
    if (table.duplicate() != ByteStringTable.NONE) {
      int second = table.duplicate();
      throw new ModelFileException(
          file.path(),
          "key " + TOKENS + ": \"" + texts.text(second) + '"',
          "expected once, it is token " + table.find(texts.copy(second)) + " and token " + second);
    }
    byte[] attributes = attributes(metadata, texts.size());
    check(file, texts, attributes);
    return new TokenTable(texts, table, attributes);
  }

  /** Each token's score, 0 where the file has none. */
  float[] scores(Metadata metadata) {
    if (!metadata.has(SCORES)) {
      return new float[texts.size()];
    }
    GgufArray array = one(metadata, SCORES, texts.size());
    float[] scores;
    if (array.elementType().isInteger()) {
      scores = new float[texts.size()];
      for (int i = 0; i < scores.length; i++) {
        scores[i] = array.i32(i);
      }
    } else {
      scores = array.toFloats();
    }
    for (int i = 0; i < scores.length; i++) {
      if (Float.isNaN(scores[i])) {
        throw metadata.bad(SCORES, "expected numbers, element " + i + " is not a number");
      }
    }
    return scores;
  }

  /** The id of the token written like this, or {@link Vocabulary#NONE}. */
  int find(String text) {
    return table.find(text.getBytes(StandardCharsets.UTF_8));
  }

  void mark(int id, int attribute) {
    attributes[id] |= (byte) attribute;
  }

  private static byte[] attributes(Metadata metadata, int size) {
    byte[] attributes = new byte[size];
    if (!metadata.has(TYPES)) {
      Arrays.fill(attributes, (byte) Attribute.NORMAL);
      return attributes;
    }
    int[] types = one(metadata, TYPES, size).toInts();
    for (int i = 0; i < size; i++) {
      attributes[i] = Attribute.ofType(types[i]);
    }
    return attributes;
  }

  private static GgufArray one(Metadata metadata, String key, int size) {
    GgufArray array = metadata.array(key);
    if (array.size() != size) {
      throw metadata.bad(key, "expected " + size + " elements, one a token");
    }
    return array;
  }

  /**
   * Tokens of type byte are written {@code <0x0A>}, their text is read when they are decoded; and
   * the special ones must fit a {@link ByteTrie}.
   */
  private static void check(GgufFile file, ByteStrings texts, byte[] attributes) {
    long special = 0;
    for (int i = 0; i < attributes.length; i++) {
      if ((attributes[i] & Attribute.BYTE) != 0 && ByteToken.value(texts, i) < 0) {
        throw new ModelFileException(
            file.path(),
            "key " + TOKENS + ": token " + i + " = \"" + texts.text(i) + '"',
            "expected <0x00> to <0xFF>, for its type is byte");
      }
      if ((attributes[i] & Attribute.SPECIAL) != 0) {
        special += texts.end(i) - texts.start(i);
      }
    }
    if (special > MOST_SPECIAL_BYTES) {
      throw new ModelFileException(
          file.path(),
          "key " + TOKENS + ": special tokens of " + special + " bytes",
          "expected at most " + MOST_SPECIAL_BYTES + " together");
    }
  }
}

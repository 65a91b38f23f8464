package dev.myelin.train.corpus;

import dev.myelin.tokenizer.Tokenizer;
import java.util.Arrays;

/**
 * Encodes parts of a document so that together they are the tokens of the whole: without the space
 * that some tokenizers put in front of any text. Any number of threads may use one.
 */
final class PassageEncoder {
  private static final int NONE = -1;

  private final Tokenizer tokenizer;
  private final boolean parseSpecial;
  private final boolean prefixesSpace;

  /** The token of a prefixed space before what it cannot be joined to. */
  private final int prefix;

  /**
   * @param parseSpecial whether the text may name control tokens
   */
  PassageEncoder(Tokenizer tokenizer, boolean parseSpecial) {
    this.tokenizer = tokenizer;
    this.parseSpecial = parseSpecial;
    int[] letter = encode("a");
    byte[] first = letter.length == 0 ? new byte[0] : tokenizer.piece(letter[0], true);
    this.prefixesSpace = first.length > 0 && first[0] == ' ';
    int[] line = encode("\n");
    this.prefix = prefixesSpace && line.length == 2 ? line[0] : NONE;
  }

  int[] encode(Passage passage) {
    String text = passage.text();
    if (passage.isFirst() || !prefixesSpace) {
      return encode(text);
    }
    if (text.startsWith(" ")) {
      return encode(text.substring(1));
    }
    int[] ids = encode(text);
    return ids[0] == prefix ? Arrays.copyOfRange(ids, 1, ids.length) : ids;
  }

  private int[] encode(String text) {
    return tokenizer.encode(text, false, parseSpecial);
  }
}

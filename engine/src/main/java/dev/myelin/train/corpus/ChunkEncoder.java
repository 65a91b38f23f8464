package dev.myelin.train.corpus;

import dev.myelin.tokenizer.Tokenizer;
import java.util.Arrays;

/**
 * Encodes the chunks of a document so that their tokens are those of the whole document: without
 * the space that some tokenizers add at the start of a text. Thread-safe.
 */
final class ChunkEncoder {
  private static final int NONE = -1;

  private final Tokenizer tokenizer;
  private final boolean parseSpecial;
  private final boolean addsSpacePrefix;

  /** The token of an added space that is not merged with the text after it. */
  private final int spacePrefix;

  /**
   * @param parseSpecial whether control tokens in the text are parsed
   */
  ChunkEncoder(Tokenizer tokenizer, boolean parseSpecial) {
    this.tokenizer = tokenizer;
    this.parseSpecial = parseSpecial;
    int[] letter = encode("a");
    byte[] first = letter.length == 0 ? new byte[0] : tokenizer.piece(letter[0], true);
    this.addsSpacePrefix = first.length > 0 && first[0] == ' ';
    int[] line = encode("\n");
    this.spacePrefix = addsSpacePrefix && line.length == 2 ? line[0] : NONE;
  }

  int[] encode(DocumentChunk chunk) {
    String text = chunk.text();
    if (chunk.isFirst() || !addsSpacePrefix) {
      return encode(text);
    }
    if (text.startsWith(" ")) {
      return encode(text.substring(1));
    }
    int[] ids = encode(text);
    return ids[0] == spacePrefix ? Arrays.copyOfRange(ids, 1, ids.length) : ids;
  }

  private int[] encode(String text) {
    return tokenizer.encode(text, false, parseSpecial);
  }
}

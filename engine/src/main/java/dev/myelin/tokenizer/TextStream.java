package dev.myelin.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Decodes tokens to text while they are generated. It never returns a part of a character: bytes
 * are held back until the character is complete. Invalid UTF-8 becomes U+FFFD. Not thread-safe.
 */
public final class TextStream {
  private final Tokenizer tokenizer;
  private final boolean renderSpecial;
  private final ByteArrayOutputStream pendingBytes = new ByteArrayOutputStream();

  /** A stream that omits control tokens. */
  public TextStream(Tokenizer tokenizer) {
    this(tokenizer, false);
  }

  /**
   * @param renderSpecial whether control tokens are rendered
   */
  public TextStream(Tokenizer tokenizer, boolean renderSpecial) {
    this.tokenizer = tokenizer;
    this.renderSpecial = renderSpecial;
  }

  /**
   * Adds the next token and returns the text that is complete now, which may be empty.
   *
   * @throws dev.myelin.error.InvalidRequestException if the id is not in the vocabulary
   */
  public String push(int token) {
    pendingBytes.writeBytes(tokenizer.piece(token, renderSpecial));
    byte[] bytes = pendingBytes.toByteArray();
    int complete = bytes.length - Utf8.incompleteBytes(bytes, bytes.length);
    pendingBytes.reset();
    pendingBytes.write(bytes, complete, bytes.length - complete);
    return new String(bytes, 0, complete, StandardCharsets.UTF_8);
  }

  /** The number of bytes held back: 0 to 3. */
  public int pendingBytes() {
    return pendingBytes.size();
  }

  /** Returns the bytes held back, as U+FFFD, and resets the stream. */
  public String flush() {
    String rest = pendingBytes.toString(StandardCharsets.UTF_8);
    pendingBytes.reset();
    return rest;
  }
}

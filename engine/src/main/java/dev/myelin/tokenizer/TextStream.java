package dev.myelin.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Turns tokens into text as they are generated, and never hands out a part of a character: bytes
 * wait until the character they belong to is whole. What it hands out together is the tokens'
 * pieces; bytes that do not form UTF-8 become U+FFFD. For one thread at a time.
 */
public final class TextStream {
  private final Tokenizer tokenizer;
  private final boolean renderSpecial;
  private final ByteArrayOutputStream pendingBytes = new ByteArrayOutputStream();

  /** A stream that leaves control tokens out. */
  public TextStream(Tokenizer tokenizer) {
    this(tokenizer, false);
  }

  /**
   * @param renderSpecial whether control tokens appear by their names
   */
  public TextStream(Tokenizer tokenizer, boolean renderSpecial) {
    this.tokenizer = tokenizer;
    this.renderSpecial = renderSpecial;
  }

  /**
   * Takes the next token and returns the text that is whole now, which may be empty.
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

  /** How many bytes wait for the rest of their character: 0 to 3. */
  public int pendingBytes() {
    return pendingBytes.size();
  }

  /** Returns what still waits for the rest of a character, as U+FFFD; the stream starts again. */
  public String flush() {
    String rest = pendingBytes.toString(StandardCharsets.UTF_8);
    pendingBytes.reset();
    return rest;
  }
}

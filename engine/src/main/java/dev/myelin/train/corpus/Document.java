package dev.myelin.train.corpus;

import dev.myelin.error.InvalidRequestException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A text that stands for itself: what comes before or after it in a corpus has nothing to do with
 * it. Immutable.
 */
public final class Document {
  private static final int LONGEST_STRING = 1 << 29;

  private final String source;
  private final MemorySegment utf8;

  /**
   * @param utf8 well-formed, and not written to again
   */
  Document(String source, MemorySegment utf8) {
    this.source = source;
    this.utf8 = utf8;
  }

  /**
   * A document of one's own.
   *
   * @param source names it in messages
   * @throws InvalidRequestException if a surrogate lacks its other half
   */
  public static Document of(String source, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (!new String(bytes, StandardCharsets.UTF_8).equals(text)) {
      throw new InvalidRequestException(source + ": a surrogate without its other half");
    }
    return new Document(source, MemorySegment.ofArray(bytes).asReadOnly());
  }

  /** The file it was read from. */
  public String source() {
    return source;
  }

  /** Its length in bytes of UTF-8. */
  public long size() {
    return utf8.byteSize();
  }

  /**
   * The whole text.
   *
   * @throws InvalidRequestException where it has more than 2^29 bytes; see {@link #passages}
   */
  public String text() {
    if (size() > LONGEST_STRING) {
      throw new InvalidRequestException(
          source + ": a text of " + size() + " bytes, expected at most " + LONGEST_STRING);
    }
    return new String(utf8.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
  }

  /** The text in parts of about 16 KiB, in order, each to be tokenized by itself. */
  public List<Passage> passages() {
    return Passage.of(this);
  }

  /** Part of it, from one character's first byte to another's. */
  Document part(long from, long to) {
    return new Document(source, utf8.asSlice(from, to - from));
  }

  byte at(long i) {
    return utf8.get(ValueLayout.JAVA_BYTE, i);
  }

  byte[] bytes(long from, long to) {
    return utf8.asSlice(from, to - from).toArray(ValueLayout.JAVA_BYTE);
  }

  boolean isBlank() {
    for (long i = 0; i < size(); i++) {
      byte b = at(i);
      if (b != ' ' && (b < '\t' || b > '\r')) {
        return false;
      }
    }
    return true;
  }

  @Override
  public String toString() {
    return source + " (" + size() + " bytes)";
  }
}

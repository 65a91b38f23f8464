package dev.myelin.train.corpus;

import dev.myelin.error.InvalidRequestException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A text that is independent of the texts before and after it in a corpus. Immutable and
 * thread-safe.
 */
public final class Document {
  private static final int MAX_STRING_BYTES = 1 << 29;

  private final String source;
  private final MemorySegment utf8;

  /**
   * @param utf8 well-formed UTF-8 that is not modified any more
   */
  Document(String source, MemorySegment utf8) {
    this.source = source;
    this.utf8 = utf8;
  }

  /**
   * Makes a document from a string.
   *
   * @param source a name for messages
   * @throws InvalidRequestException if the string has an unpaired surrogate
   */
  public static Document of(String source, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (!new String(bytes, StandardCharsets.UTF_8).equals(text)) {
      throw new InvalidRequestException(source + ": unpaired surrogate");
    }
    return new Document(source, MemorySegment.ofArray(bytes).asReadOnly());
  }

  /** The file it was read from. */
  public String source() {
    return source;
  }

  /** Length in bytes of UTF-8. */
  public long size() {
    return utf8.byteSize();
  }

  /**
   * The text as a string.
   *
   * @throws InvalidRequestException if it has more than 2^29 bytes; see {@link #chunks}
   */
  public String text() {
    if (size() > MAX_STRING_BYTES) {
      throw new InvalidRequestException(
          source + ": document of " + size() + " bytes, expected at most " + MAX_STRING_BYTES);
    }
    return new String(utf8.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
  }

  /** The text in chunks of about 16 KiB, in order, which can be tokenized separately. */
  public List<DocumentChunk> chunks() {
    return DocumentChunk.of(this);
  }

  /** A part of the document; both offsets are at character boundaries. */
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

package dev.myelin.gguf;

/**
 * Reads the lengths of consecutive strings through a heap buffer. A vocabulary has hundreds of
 * thousands of strings, and access to native memory is slow until the JVM has compiled it: without
 * the buffer, reading the lengths would dominate the time to open a file.
 */
final class StringLengthReader {
  private static final int BUFFER_BYTES = 1 << 14;

  private final ByteSource source;
  private final byte[] buffer;
  private long bufferOffset;
  private int bufferSize;

  StringLengthReader(ByteSource source) {
    this.source = source;
    buffer = new byte[(int) Math.min(BUFFER_BYTES, source.size())];
  }

  /** The length at {@code offset}, which must be inside the file. */
  long read(long offset) {
    if (offset < bufferOffset || offset - bufferOffset > bufferSize - Long.BYTES) {
      bufferSize = (int) Math.min(buffer.length, source.size() - offset);
      source.copy(offset, buffer, bufferSize);
      bufferOffset = offset;
    }
    int i = (int) (offset - bufferOffset);
    byte[] b = buffer;
    int low = b[i] & 0xff | (b[i + 1] & 0xff) << 8 | (b[i + 2] & 0xff) << 16 | b[i + 3] << 24;
    int high = b[i + 4] & 0xff | (b[i + 5] & 0xff) << 8 | (b[i + 6] & 0xff) << 16 | b[i + 7] << 24;
    return (long) high << 32 | low & 0xffff_ffffL;
  }
}

package dev.myelin.gguf;

/**
 * Reads the lengths of strings that follow each other, through a copy of the bytes around them: a
 * vocabulary has hundreds of thousands, and until the JVM has compiled an access to native memory,
 * so many of them take longer than all else that opening a file does.
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

  /** The length at {@code at}, which the caller knows to lie inside the file. */
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

package dev.myelin.cli.run;

import dev.myelin.cli.io.TextInput;
import dev.myelin.tokenizer.EncodingDetector;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;

/** Reads a file line by line, as bytes. Confined to one thread at a time. */
final class LineReader implements AutoCloseable {
  private static final int BUFFER = 1 << 16;
  private static final int END = -1;

  private final InputStream in;
  private final String name;
  private final int maxBytes;
  private long number;
  private long offset;
  private boolean isLong;
  private boolean isComplete;

  /**
   * @param name of the file, for messages
   * @param maxBytes the longest line that is returned whole
   */
  LineReader(InputStream in, String name, int maxBytes) {
    this.in = new BufferedInputStream(in, BUFFER);
    this.name = name;
    this.maxBytes = maxBytes;
  }

  /**
   * The next line without its end, null after the last one. Of a line that {@link #isTooLong}, it
   * is only the beginning.
   *
   * @throws dev.myelin.error.InvalidRequestException if the file begins as UTF-16 or UTF-32
   */
  byte[] next() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    isLong = false;
    int c = in.read();
    isComplete = c != END;
    if (c == END) {
      return null;
    }
    for (; c != '\n' && c != END; c = in.read()) {
      offset++;
      isLong |= line.size() == maxBytes;
      if (!isLong) {
        line.write(c);
      }
    }
    isComplete = c == '\n';
    offset += isComplete ? 1 : 0;
    number++;
    byte[] bytes = line.toByteArray();
    return number == 1 ? withoutMark(bytes) : bytes;
  }

  private byte[] withoutMark(byte[] bytes) {
    Optional<String> other = EncodingDetector.detectNonUtf8(bytes, bytes.length);
    if (other.isPresent()) {
      throw TextInput.encodingError(name, other.get());
    }
    int mark = EncodingDetector.byteOrderMarkLength(bytes, bytes.length);
    return mark == 0 ? bytes : Arrays.copyOfRange(bytes, mark, bytes.length);
  }

  /** The number of the last line, from 1. */
  long number() {
    return number;
  }

  /** File and number of the last line, for messages. */
  String place() {
    return name + ", line " + number;
  }

  /** Number of bytes up to the end of the last line. */
  long offset() {
    return offset;
  }

  /** Whether the last line is longer than the limit. */
  boolean isTooLong() {
    return isLong;
  }

  /** Whether the last line ends with a line end. */
  boolean isComplete() {
    return isComplete;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}

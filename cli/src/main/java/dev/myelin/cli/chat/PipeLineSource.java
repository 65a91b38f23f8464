package dev.myelin.cli.chat;

import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.TextInput;
import dev.myelin.tokenizer.EncodingDetector;
import java.io.BufferedReader;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** Lines from a pipe or file: UTF-8, without a byte order mark. */
final class PipeLineSource implements LineSource {
  private static final String BYTE_ORDER_MARK = "\ufeff";

  private final FirstBytes bytes;
  private final BufferedReader reader;
  private boolean started;

  PipeLineSource(Console console) {
    bytes = new FirstBytes(console.in());
    reader = new BufferedReader(new InputStreamReader(bytes, StandardCharsets.UTF_8.newDecoder()));
  }

  @Override
  public boolean isInteractive() {
    return false;
  }

  @Override
  public Line next(String prompt) {
    String line = read();
    return line == null ? null : Line.typed(line);
  }

  private String read() {
    try {
      String line = reader.readLine();
      if (!started) {
        started = true;
        bytes.check();
        return line != null && line.startsWith(BYTE_ORDER_MARK)
            ? line.substring(BYTE_ORDER_MARK.length())
            : line;
      }
      return line;
    } catch (IOException e) {
      bytes.check();
      throw TextInput.standardInputError(e);
    }
  }

  @Override
  public void close() {}

  /** Keeps the first bytes of a stream. */
  private static final class FirstBytes extends FilterInputStream {
    private final byte[] first = new byte[EncodingDetector.MAX_BYTES];
    private int count;

    FirstBytes(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      int n = super.read(to, offset, length);
      int kept = Math.clamp(n, 0, first.length - count);
      System.arraycopy(to, offset, first, count, kept);
      count += kept;
      return n;
    }

    /** Rejects other encodings by name. */
    void check() {
      EncodingDetector.detectNonUtf8(first, count)
          .ifPresent(
              other -> {
                throw TextInput.encodingError(TextInput.STANDARD_INPUT, other);
              });
    }
  }
}

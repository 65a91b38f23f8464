package dev.myelin.cli.chat;

import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Input;
import dev.myelin.tokenizer.EncodingDetector;
import java.io.BufferedReader;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** Lines from a pipe or a file: UTF-8, without a byte order mark. */
final class PipedLines implements Lines {
  private static final String MARK = "\ufeff";

  private final FirstBytes bytes;
  private final BufferedReader reader;
  private boolean begun;

  PipedLines(Console console) {
    bytes = new FirstBytes(console.in());
    reader = new BufferedReader(new InputStreamReader(bytes, StandardCharsets.UTF_8.newDecoder()));
  }

  @Override
  public boolean interactive() {
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
      if (!begun) {
        begun = true;
        bytes.check();
        return line != null && line.startsWith(MARK) ? line.substring(MARK.length()) : line;
      }
      return line;
    } catch (IOException e) {
      bytes.check();
      throw Input.standardFailure(e);
    }
  }

  @Override
  public void close() {}

  /** Remembers how a stream began. */
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

    /** Refuses another encoding by its name. */
    void check() {
      EncodingDetector.detectNonUtf8(first, count)
          .ifPresent(
              other -> {
                throw Input.otherEncoding(Input.STANDARD, other);
              });
    }
  }
}

package dev.myelin.cli.io;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.MyelinException;
import dev.myelin.file.FileErrors;
import dev.myelin.tokenizer.EncodingDetector;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Reads texts that users give, as UTF-8. */
public final class Input {
  /** What messages call standard input. */
  public static final String STANDARD = "standard input";

  private static final int LONGEST = 256 << 20;

  private Input() {}

  public static String standardInput(Console console) {
    return text(standardInputBytes(console), STANDARD);
  }

  /** All of it, a byte order mark too. */
  public static String exactStandardInput(Console console) {
    byte[] bytes = standardInputBytes(console);
    return decoded(bytes, 0, STANDARD);
  }

  static byte[] standardInputBytes(Console console) {
    try {
      return bytes(console.in(), STANDARD);
    } catch (IOException e) {
      throw standardFailure(e);
    }
  }

  public static String file(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return text(bytes(in, file.toString()), file.toString());
    } catch (IOException e) {
      throw failure(file.toString(), e);
    }
  }

  /** The error of reading standard input, in the system's words as that of standard output is. */
  public static MyelinException standardFailure(IOException e) {
    String reason = e instanceof CharacterCodingException ? "expected UTF-8" : e.getMessage();
    return new MyelinException(STANDARD + ": " + reason, e);
  }

  /** The error of reading or writing a file, which names it. */
  public static MyelinException failure(String file, IOException e) {
    String reason =
        e instanceof CharacterCodingException ? "expected UTF-8" : FileErrors.describe(e);
    return new MyelinException(file + ": " + reason, e);
  }

  /**
   * Bytes as text, without a byte order mark. What is no UTF-8 is refused, as its tokens would not
   * be what was given.
   */
  static String text(byte[] bytes, String name) {
    Optional<String> other = EncodingDetector.detectNonUtf8(bytes, bytes.length);
    if (other.isPresent()) {
      throw otherEncoding(name, other.get());
    }
    return decoded(bytes, EncodingDetector.byteOrderMarkLength(bytes, bytes.length), name);
  }

  public static InvalidRequestException otherEncoding(String name, String encoding) {
    return new InvalidRequestException(
        "%1$s: this is %2$s: expected UTF-8 (`iconv -f %2$s -t UTF-8` converts it)"
            .formatted(name, encoding));
  }

  /** Bytes as text from {@code start} on; what is no UTF-8 is refused. */
  public static String decoded(byte[] bytes, int start, String name) {
    ByteBuffer from = ByteBuffer.wrap(bytes, start, bytes.length - start);
    CharBuffer to = CharBuffer.allocate(bytes.length);
    CoderResult result = StandardCharsets.UTF_8.newDecoder().decode(from, to, true);
    if (result.isError()) {
      throw new InvalidRequestException(
          "%s: byte 0x%02x at %s: expected UTF-8"
              .formatted(name, bytes[from.position()] & 0xff, from.position()));
    }
    return to.flip().toString();
  }

  private static byte[] bytes(InputStream in, String name) throws IOException {
    byte[] bytes = in.readNBytes(LONGEST);
    if (bytes.length == LONGEST && in.read() >= 0) {
      throw new InvalidRequestException(name + ": expected at most " + LONGEST + " bytes");
    }
    return bytes;
  }
}

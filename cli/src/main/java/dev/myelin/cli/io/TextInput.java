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

/** Reads UTF-8 text from files and standard input. */
public final class TextInput {
  /** The name of standard input in messages. */
  public static final String STANDARD_INPUT = "standard input";

  private static final int MAX_BYTES = 256 << 20;

  private TextInput() {}

  public static String readStandardInput(Console console) {
    return decodeText(readStandardInputBytes(console), STANDARD_INPUT);
  }

  /** All of standard input, including a byte order mark. */
  public static String readExactStandardInput(Console console) {
    byte[] bytes = readStandardInputBytes(console);
    return decode(bytes, 0, STANDARD_INPUT);
  }

  static byte[] readStandardInputBytes(Console console) {
    try {
      return readBytes(console.in(), STANDARD_INPUT);
    } catch (IOException e) {
      throw standardInputError(e);
    }
  }

  public static String readFile(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return decodeText(readBytes(in, file.toString()), file.toString());
    } catch (IOException e) {
      throw fileError(file.toString(), e);
    }
  }

  /** The error of reading standard input, with the system's message. */
  public static MyelinException standardInputError(IOException e) {
    String reason = e instanceof CharacterCodingException ? "expected UTF-8" : e.getMessage();
    return new MyelinException(STANDARD_INPUT + ": " + reason, e);
  }

  /** The error of reading or writing a file, with the file's name. */
  public static MyelinException fileError(String file, IOException e) {
    String reason =
        e instanceof CharacterCodingException ? "expected UTF-8" : FileErrors.describe(e);
    return new MyelinException(file + ": " + reason, e);
  }

  /**
   * Decodes UTF-8 without a byte order mark. Other encodings are rejected: replacement characters
   * would change the tokens.
   */
  static String decodeText(byte[] bytes, String name) {
    Optional<String> other = EncodingDetector.detectNonUtf8(bytes, bytes.length);
    if (other.isPresent()) {
      throw encodingError(name, other.get());
    }
    return decode(bytes, EncodingDetector.byteOrderMarkLength(bytes, bytes.length), name);
  }

  public static InvalidRequestException encodingError(String name, String encoding) {
    return new InvalidRequestException(
        "%1$s: this is %2$s: expected UTF-8 (`iconv -f %2$s -t UTF-8` converts it)"
            .formatted(name, encoding));
  }

  /** Decodes UTF-8 from {@code start} on; other bytes are rejected. */
  public static String decode(byte[] bytes, int start, String name) {
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

  private static byte[] readBytes(InputStream in, String name) throws IOException {
    byte[] bytes = in.readNBytes(MAX_BYTES);
    if (bytes.length == MAX_BYTES && in.read() >= 0) {
      throw new InvalidRequestException(name + ": expected at most " + MAX_BYTES + " bytes");
    }
    return bytes;
  }
}

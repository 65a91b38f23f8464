package dev.myelin.cli.options;

import dev.myelin.cli.io.Input;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Escapes in a text of the command line, as llama.cpp reads them. */
final class Escapes {
  private Escapes() {}

  /**
   * With the characters that escapes stand for; what is no escape stays as it is.
   *
   * @throws dev.myelin.error.InvalidRequestException if bytes by {@code \xHH} are no UTF-8
   */
  static String of(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int start = 0;
    for (int i = text.indexOf('\\');
        i >= 0 && i + 1 < text.length();
        i = text.indexOf('\\', start)) {
      write(bytes, text.substring(start, i));
      int end = i + 2;
      switch (text.charAt(i + 1)) {
        case 'n' -> bytes.write('\n');
        case 'r' -> bytes.write('\r');
        case 't' -> bytes.write('\t');
        case '\'', '"', '\\' -> bytes.write(text.charAt(i + 1));
        case 'x' -> {
          if (isHex(text, end) && isHex(text, end + 1)) {
            bytes.write(HexFormat.fromHexDigits(text, end, end + 2));
            end += 2;
          } else {
            write(bytes, "\\x");
          }
        }
        default -> end = i + 1;
      }
      if (end == i + 1) {
        bytes.write('\\');
      }
      start = end;
    }
    write(bytes, text.substring(start));
    return Input.decoded(bytes.toByteArray(), 0, "--escape");
  }

  private static boolean isHex(String text, int at) {
    return at < text.length() && HexFormat.isHexDigit(text.charAt(at));
  }

  private static void write(ByteArrayOutputStream bytes, String text) {
    bytes.writeBytes(text.getBytes(StandardCharsets.UTF_8));
  }
}

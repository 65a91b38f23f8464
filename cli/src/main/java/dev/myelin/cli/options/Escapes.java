package dev.myelin.cli.options;

import dev.myelin.cli.io.TextInput;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Escape sequences in a text of the command line, as in llama.cpp. */
final class Escapes {
  private Escapes() {}

  /**
   * Replaces escape sequences by their characters. Other backslashes stay unchanged.
   *
   * @throws dev.myelin.error.InvalidRequestException if the bytes of {@code \xHH} are not UTF-8
   */
  static String decode(String text) {
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
    return TextInput.decode(bytes.toByteArray(), 0, "--escape");
  }

  private static boolean isHex(String text, int at) {
    return at < text.length() && HexFormat.isHexDigit(text.charAt(at));
  }

  private static void write(ByteArrayOutputStream bytes, String text) {
    bytes.writeBytes(text.getBytes(StandardCharsets.UTF_8));
  }
}

package dev.myelin.cli.run;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Quotes the bytes of a token on one line, without loss. */
public final class QuotedToken {
  private QuotedToken() {}

  public static String of(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    boolean isUtf8 = Arrays.equals(text.getBytes(StandardCharsets.UTF_8), bytes);
    StringBuilder quoted = new StringBuilder("\"");
    if (isUtf8) {
      text.codePoints().forEach(c -> append(quoted, c));
    } else {
      for (byte b : bytes) {
        append(quoted, b < 0 ? -1 : b, b);
      }
    }
    return quoted.append('"').toString();
  }

  private static void append(StringBuilder quoted, int c) {
    append(quoted, c, c);
  }

  /**
   * @param c the character, or -1 for a byte of an incomplete one
   */
  private static void append(StringBuilder quoted, int c, int raw) {
    switch (c) {
      case '\n' -> quoted.append("\\n");
      case '\r' -> quoted.append("\\r");
      case '\t' -> quoted.append("\\t");
      case '"' -> quoted.append("\\\"");
      case '\\' -> quoted.append("\\\\");
      default -> {
        if (c < 0 || Character.isISOControl(c)) {
          quoted.append("\\x%02x".formatted(raw & 0xff));
        } else {
          quoted.appendCodePoint(c);
        }
      }
    }
  }
}

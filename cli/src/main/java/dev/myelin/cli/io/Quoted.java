package dev.myelin.cli.io;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes the bytes of a token so that one line shows them exactly. */
public final class Quoted {
  private Quoted() {}

  public static String of(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    boolean whole = Arrays.equals(text.getBytes(StandardCharsets.UTF_8), bytes);
    StringBuilder quoted = new StringBuilder("\"");
    if (whole) {
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
   * @param c the character, or -1 for a byte that is a part of one
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

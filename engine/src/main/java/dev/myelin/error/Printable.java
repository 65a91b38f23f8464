package dev.myelin.error;

/**
 * Makes text out of a file or from a user fit for one line of a terminal. Stateless and
 * thread-safe.
 */
public final class Printable {
  private static final int LONGEST = 400;

  private Printable() {}

  /**
   * Returns {@code text} on one line: control characters (which could drive the terminal) are
   * written as escapes, and what exceeds 400 characters is cut.
   */
  public static String of(String text) {
    StringBuilder line = new StringBuilder(Math.min(text.length(), LONGEST) + 16);
    for (int i = 0; i < text.length() && line.length() < LONGEST; i++) {
      char c = text.charAt(i);
      switch (c) {
        case '\n' -> line.append("\\n");
        case '\r' -> line.append("\\r");
        case '\t' -> line.append("\\t");
        default -> {
          if (Character.isISOControl(c)) {
            line.append(String.format("\\u%04x", (int) c));
          } else {
            line.append(c);
          }
        }
      }
    }
    return line.length() >= LONGEST ? line.append("...").toString() : line.toString();
  }
}

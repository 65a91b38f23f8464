package dev.myelin.cli.io;

import java.util.Locale;

/** Formats numbers for people. */
public final class Units {
  private static final String[] PREFIXES = {"", "k", "M", "G", "T", "P", "E"};

  private Units() {}

  /** All digits, in groups of three: {@code 1,235,814,432}. */
  public static String grouped(long number) {
    StringBuilder digits = new StringBuilder(Long.toString(number));
    for (int i = digits.length() - 3; i > (number < 0 ? 1 : 0); i -= 3) {
      digits.insert(i, ',');
    }
    return digits.toString();
  }

  /** Three significant digits and an SI prefix: {@code 1.24 G}. */
  public static String abbreviated(long number) {
    double value = number;
    int prefix = 0;
    while (Math.abs(value) >= 999.5 && prefix < PREFIXES.length - 1) {
      value /= 1000;
      prefix++;
    }
    if (prefix == 0) {
      return Long.toString(number);
    }
    String format =
        Math.abs(value) < 9.995 ? "%.2f %s" : Math.abs(value) < 99.95 ? "%.1f %s" : "%.0f %s";
    return String.format(Locale.ROOT, format, value, PREFIXES[prefix]);
  }

  /** Bytes with an SI prefix: {@code 770 MB}. */
  public static String bytes(long number) {
    String text = abbreviated(number);
    return text.contains(" ") ? text + "B" : text + " bytes";
  }

  public static String percent(long part, long total) {
    return String.format(Locale.ROOT, "%.1f %%", total == 0 ? 0 : 100.0 * part / total);
  }

  public static String decimals(double number, int digits) {
    return String.format(Locale.ROOT, "%." + digits + "f", number);
  }
}

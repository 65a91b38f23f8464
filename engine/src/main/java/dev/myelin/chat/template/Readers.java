package dev.myelin.chat.template;

import java.math.BigInteger;
import java.util.Locale;

/** Numbers out of text, as Python's {@code int} and {@code float} read them. */
final class Readers {
  private static final int LONGEST = 4300; // digits; Python's limit

  private Readers() {}

  /** The number, or null if it is none. */
  static Object integer(Str text, int base, Budget budget) {
    String s = digits(text, budget);
    if (s == null) {
      return null;
    }
    boolean negative = s.startsWith("-");
    String digits = negative || s.startsWith("+") ? s.substring(1) : s;
    int radix = base;
    if (digits.length() > 2 && digits.charAt(0) == '0') {
      char kind = (char) (digits.charAt(1) | 0x20);
      int prefix = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 0;
      if (prefix != 0 && (base == 0 || base == prefix)) {
        radix = prefix;
        digits = digits.substring(2);
      }
    }
    radix = radix == 0 ? 10 : radix;
    if (radix < 2 || radix > 36 || digits.isEmpty()) {
      return null;
    }
    for (int i = 0; i < digits.length(); i++) {
      if (Character.digit(digits.charAt(i), radix) < 0) {
        return null;
      }
    }
    BigInteger value = new BigInteger(digits, radix);
    return Numbers.integer(negative ? value.negate() : value);
  }

  /** The number, or null if it is none. */
  static Double real(Str text, Budget budget) {
    String s = digits(text, budget);
    if (s == null) {
      return null;
    }
    String size = s.startsWith("-") || s.startsWith("+") ? s.substring(1) : s;
    double sign = s.startsWith("-") ? -1 : 1;
    switch (size.toLowerCase(Locale.ROOT)) {
      case "inf", "infinity":
        return sign * Double.POSITIVE_INFINITY;
      case "nan":
        return Double.NaN;
      default:
    }
    for (int i = 0; i < size.length(); i++) { // Java would read 1f and 0x1p3, too
      if (!Chars.digit(size.charAt(i)) && "+-.eE".indexOf(size.charAt(i)) < 0) {
        return null;
      }
    }
    try {
      return sign * Double.parseDouble(size);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** The text without white space around it and underscores inside; null if it is too long. */
  private static String digits(Str text, Budget budget) {
    String s = Texts.strip(text, null, true, true, budget).text;
    if (s.isEmpty() || s.length() > LONGEST || s.startsWith("_") || s.endsWith("_")) {
      return null;
    }
    Numbers.pay(4L * s.length(), budget);
    return s.contains("__") ? null : s.replace("_", "");
  }
}

package dev.myelin.chat.template;

import java.math.BigInteger;
import java.util.Locale;

/** Parses numbers as Python's {@code int} and {@code float}. */
final class NumberParser {
  private static final int MAX_LENGTH = 4300; // digits; Python's limit

  private NumberParser() {}

  /** The number, or null if the text is not a number. */
  static Object parseInt(Str text, int base, Budget budget) {
    String s = normalize(text, budget);
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
    return Numbers.normalize(negative ? value.negate() : value);
  }

  /** The number, or null if the text is not a number. */
  static Double parseFloat(Str text, Budget budget) {
    String s = normalize(text, budget);
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
    for (int i = 0; i < size.length(); i++) { // Java also accepts 1f and 0x1p3
      if (!CharClasses.isDigit(size.charAt(i)) && "+-.eE".indexOf(size.charAt(i)) < 0) {
        return null;
      }
    }
    try {
      return sign * Double.parseDouble(size);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** The text without surrounding white space and inner underscores; null if it is invalid. */
  private static String normalize(Str text, Budget budget) {
    String s = StrOperations.strip(text, null, true, true, budget).text;
    if (s.isEmpty() || s.length() > MAX_LENGTH || s.startsWith("_") || s.endsWith("_")) {
      return null;
    }
    Numbers.chargeConversion(4L * s.length(), budget);
    return s.contains("__") ? null : s.replace("_", "");
  }
}

package dev.myelin.chat.template;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/** Numbers as the codes e, f and g of Python's formats write them, without a sign. */
final class Decimals {
  private static final int LONGEST = 1000;

  private Decimals() {}

  /**
   * @param value at least 0
   * @param precision -1 for the usual one
   * @param alternate whether the point and zeros that g drops stay
   */
  static String text(double value, char code, int precision, boolean alternate, Budget budget) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      String name = Double.isNaN(value) ? "nan" : "inf";
      return Character.isUpperCase(code) ? name.toUpperCase(Locale.ROOT) : name;
    }
    int places = precision < 0 ? 6 : precision;
    if (places > LONGEST) {
      throw new Failure("a precision of " + places + ": at most " + LONGEST);
    }
    budget.make(400L + places);
    Numbers.pay(4L * (300 + places), budget);
    BigDecimal exact = new BigDecimal(value);
    String text =
        switch (code) {
          case 'f', 'F' -> fixed(exact, places, alternate);
          case 'e', 'E' -> scientific(exact, places, alternate);
          default -> general(exact, places, alternate);
        };
    return Character.isUpperCase(code) ? text.replace('e', 'E') : text;
  }

  private static String fixed(BigDecimal value, int places, boolean alternate) {
    String text = value.setScale(places, RoundingMode.HALF_EVEN).toPlainString();
    return places == 0 && alternate ? text + "." : text;
  }

  private static String scientific(BigDecimal value, int places, boolean alternate) {
    BigDecimal rounded = value.round(new MathContext(places + 1, RoundingMode.HALF_EVEN));
    String digits = digits(rounded, places + 1);
    int exponent = exponent(rounded);
    String text = Reals.scientific(digits, exponent);
    return places == 0 && alternate ? text.replace("e", ".e") : text;
  }

  private static int exponent(BigDecimal value) {
    return value.signum() == 0 ? 0 : value.precision() - value.scale() - 1;
  }

  private static String digits(BigDecimal value, int count) {
    String digits = value.signum() == 0 ? "" : value.unscaledValue().toString();
    return digits.length() < count ? digits + "0".repeat(count - digits.length()) : digits;
  }

  private static String general(BigDecimal value, int precision, boolean alternate) {
    int significant = Math.max(1, precision);
    BigDecimal rounded = value.round(new MathContext(significant, RoundingMode.HALF_EVEN));
    int exponent = exponent(rounded);
    if (exponent < -4 || exponent >= significant) {
      String digits = digits(rounded, significant).substring(0, significant);
      return Reals.scientific(alternate ? digits : stripped(digits), exponent);
    }
    String text =
        rounded.setScale(significant - 1 - exponent, RoundingMode.HALF_EVEN).toPlainString();
    if (alternate) {
      return text.indexOf('.') < 0 ? text + "." : text;
    }
    return text.indexOf('.') < 0 ? text : stripped(text);
  }

  /** Without zeros at the end, and a point that they leave. */
  private static String stripped(String text) {
    int end = text.length();
    while (end > 1 && text.charAt(end - 1) == '0') {
      end--;
    }
    return text.substring(0, text.charAt(end - 1) == '.' ? end - 1 : end);
  }
}

package dev.myelin.chat.template;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/** Formats floats by the types e, f and g of Python's formats, without a sign. */
final class FloatFormat {
  private static final int MAX_PRECISION = 1000;

  private FloatFormat() {}

  /**
   * @param value at least 0
   * @param precision -1 for the default
   * @param alternate whether to keep the decimal point and trailing zeros
   */
  static String format(double value, char code, int precision, boolean alternate, Budget budget) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      String name = Double.isNaN(value) ? "nan" : "inf";
      return Character.isUpperCase(code) ? name.toUpperCase(Locale.ROOT) : name;
    }
    int decimalPlaces = precision < 0 ? 6 : precision;
    if (decimalPlaces > MAX_PRECISION) {
      throw new TemplateError("a precision of " + decimalPlaces + ": at most " + MAX_PRECISION);
    }
    budget.chargeWrite(400L + decimalPlaces);
    Numbers.chargeConversion(4L * (300 + decimalPlaces), budget);
    BigDecimal exact = new BigDecimal(value);
    String text =
        switch (code) {
          case 'f', 'F' -> fixed(exact, decimalPlaces, alternate);
          case 'e', 'E' -> scientific(exact, decimalPlaces, alternate);
          default -> general(exact, decimalPlaces, alternate);
        };
    return Character.isUpperCase(code) ? text.replace('e', 'E') : text;
  }

  private static String fixed(BigDecimal value, int decimalPlaces, boolean alternate) {
    String text = value.setScale(decimalPlaces, RoundingMode.HALF_EVEN).toPlainString();
    return decimalPlaces == 0 && alternate ? text + "." : text;
  }

  private static String scientific(BigDecimal value, int decimalPlaces, boolean alternate) {
    BigDecimal rounded = value.round(new MathContext(decimalPlaces + 1, RoundingMode.HALF_EVEN));
    String digits = digits(rounded, decimalPlaces + 1);
    int exponent = exponent(rounded);
    String text = Floats.scientific(digits, exponent);
    return decimalPlaces == 0 && alternate ? text.replace("e", ".e") : text;
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
      return Floats.scientific(alternate ? digits : stripTrailingZeros(digits), exponent);
    }
    String text =
        rounded.setScale(significant - 1 - exponent, RoundingMode.HALF_EVEN).toPlainString();
    if (alternate) {
      return text.indexOf('.') < 0 ? text + "." : text;
    }
    return text.indexOf('.') < 0 ? text : stripTrailingZeros(text);
  }

  /** Removes trailing zeros, and a trailing decimal point. */
  private static String stripTrailingZeros(String text) {
    int end = text.length();
    while (end > 1 && text.charAt(end - 1) == '0') {
      end--;
    }
    return text.substring(0, text.charAt(end - 1) == '.' ? end - 1 : end);
  }
}

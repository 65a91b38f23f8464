package dev.myelin.chat.template;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** Python's float: arithmetic and repr. */
final class Floats {
  private Floats() {}

  static Object compute(String operator, double a, double b) {
    if (b == 0 && (operator.equals("/") || operator.equals("//") || operator.equals("%"))) {
      throw new TemplateError("'" + operator + "': / by zero");
    }
    return switch (operator) {
      case "+" -> a + b;
      case "-" -> a - b;
      case "*" -> a * b;
      case "/" -> a / b;
      case "//" -> Math.floor((a - modulo(a, b)) / b + 0.5);
      case "%" -> modulo(a, b);
      default -> power(a, b);
    };
  }

  private static double modulo(double a, double b) {
    double remainder = a % b;
    if (remainder == 0) {
      return Math.copySign(0.0, b);
    }
    return remainder < 0 != b < 0 ? remainder + b : remainder;
  }

  private static double power(double a, double b) {
    if (a == 0 && b < 0) {
      throw new TemplateError("'**': zero to a negative power");
    }
    double result = Math.pow(a, b);
    if (Double.isNaN(result) && !Double.isNaN(a) && !Double.isNaN(b)) {
      throw new TemplateError("'**': a negative number to a fractional power");
    }
    if (Double.isInfinite(result) && !Double.isInfinite(a) && !Double.isInfinite(b)) {
      throw new TemplateError("'**': the result is too large");
    }
    return result;
  }

  /** The shortest text that parses to the number, as Python's repr. */
  static String repr(double value) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      return Double.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
    }
    if (value == 0) {
      return 1 / value < 0 ? "-0.0" : "0.0";
    }
    String java = Double.toString(Math.abs(value));
    int e = java.indexOf('E');
    int exponent = e < 0 ? 0 : Integer.parseInt(java, e + 1, java.length(), 10);
    int end = e < 0 ? java.length() : e;
    int point = java.indexOf('.');
    String digits = java.substring(0, point) + java.substring(point + 1, end);
    int integerDigits = point + exponent; // digits before the decimal point
    int from = 0;
    while (from < digits.length() - 1 && digits.charAt(from) == '0') {
      from++;
      integerDigits--;
    }
    int to = digits.length();
    while (to > from + 1 && digits.charAt(to - 1) == '0') {
      to--;
    }
    digits = digits.substring(from, to);
    if (digits.length() == 2 && Math.abs(value) < Double.MIN_NORMAL) {
      BigDecimal one = new BigDecimal(Math.abs(value)).round(new MathContext(1));
      if (one.doubleValue() == Math.abs(value)) { // Java writes two digits if one is enough
        digits = one.unscaledValue().toString();
        integerDigits = 1 - one.scale();
      }
    }
    String plain = positional(digits, integerDigits);
    return value < 0 ? "-" + plain : plain;
  }

  private static String positional(String digits, int integerDigits) {
    int exponent = integerDigits - 1;
    if (exponent < -4 || exponent >= 16) {
      return scientific(digits, exponent);
    }
    if (integerDigits <= 0) {
      return "0." + "0".repeat(-integerDigits) + digits;
    }
    if (digits.length() <= integerDigits) {
      return digits + "0".repeat(integerDigits - digits.length()) + ".0";
    }
    return digits.substring(0, integerDigits) + "." + digits.substring(integerDigits);
  }

  static String scientific(String digits, int exponent) {
    String mantissa =
        digits.length() == 1 ? digits : digits.substring(0, 1) + "." + digits.substring(1);
    int size = Math.abs(exponent);
    return mantissa + (exponent < 0 ? "e-" : "e+") + (size < 10 ? "0" : "") + size;
  }

  /** Python's round: half to even, on the exact value. */
  static double round(double value, int places, RoundingMode mode) {
    if (Double.isNaN(value) || Double.isInfinite(value) || places > 323) {
      return value;
    }
    if (places < -308) {
      return 0.0;
    }
    double result = new BigDecimal(value).setScale(places, mode).doubleValue();
    return result == 0 ? Math.copySign(0.0, value) : result;
  }
}

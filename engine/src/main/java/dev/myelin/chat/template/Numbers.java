package dev.myelin.chat.template;

import java.math.BigDecimal;
import java.math.BigInteger;

/** Python's int (Long, or BigInteger if it does not fit), float and bool. */
final class Numbers {
  /** Bits of the largest int; Python itself refuses to print more than 4300 digits. */
  private static final int MAX_BITS = 14_000;

  private static final BigInteger MIN_LONG = BigInteger.valueOf(Long.MIN_VALUE);
  private static final BigInteger MAX_LONG = BigInteger.valueOf(Long.MAX_VALUE);

  private Numbers() {}

  /** A Long if the value fits. */
  static Object normalize(BigInteger value) {
    if (value.bitLength() < 64) {
      return value.longValue();
    }
    if (value.bitLength() > MAX_BITS) {
      throw new TemplateError("a number of more than 4000 digits");
    }
    return value;
  }

  /** An int in decimal digits. */
  static String digits(Object integer, Budget budget) {
    if (integer instanceof BigInteger big) {
      chargeConversion(big.bitLength(), budget);
    }
    return integer.toString();
  }

  /** Charges for converting this many bits to digits or back, which takes quadratic time. */
  static void chargeConversion(long bits, Budget budget) {
    budget.chargeWork(1 + (bits * bits >> 11));
  }

  /** Converts a bool to an int; returns other values unchanged. */
  static Object boolToInt(Object value) {
    return value instanceof Boolean truth ? (Object) (truth ? 1L : 0L) : value;
  }

  static BigInteger toBigInteger(Object integer) {
    return integer instanceof BigInteger big ? big : BigInteger.valueOf((Long) integer);
  }

  static double toDouble(Object number) {
    Object plain = boolToInt(number);
    return plain instanceof BigInteger big ? big.doubleValue() : ((Number) plain).doubleValue();
  }

  /** An integer argument, clamped to the range of long. */
  static long clampToLong(Object value, String what) {
    Object plain = boolToInt(value);
    if (plain instanceof Long number) {
      return number;
    } else if (plain instanceof BigInteger big) {
      return big.max(MIN_LONG).min(MAX_LONG).longValue();
    }
    Values.requireDefined(value);
    throw new TemplateError(
        what + ": expected a whole number, not '" + Values.typeName(value) + "'");
  }

  /** An integer argument, clamped to the range of int. */
  static int clampToInt(Object value, String what) {
    return Math.clamp(clampToLong(value, what), Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  static int compare(Object a, Object b) {
    Object x = boolToInt(a);
    Object y = boolToInt(b);
    if (x instanceof Long left && y instanceof Long right) {
      return Long.compare(left, right);
    }
    if (Values.isInteger(x) && Values.isInteger(y)) {
      return toBigInteger(x).compareTo(toBigInteger(y));
    }
    double left = toDouble(x);
    double right = toDouble(y);
    if (left == right && Math.abs(left) >= 1L << 53 && !Double.isInfinite(left)) {
      return toBigDecimal(x).compareTo(toBigDecimal(y)); // ints that a double cannot distinguish
    }
    return left < right ? -1 : left > right ? 1 : 0;
  }

  private static BigDecimal toBigDecimal(Object number) {
    return number instanceof Double real
        ? new BigDecimal(real)
        : new BigDecimal(toBigInteger(number));
  }

  /** Whether one of them is NaN, which is not ordered. */
  static boolean isUnordered(Object a, Object b) {
    return a instanceof Double x && x.isNaN() || b instanceof Double y && y.isNaN();
  }

  static Object negate(Object value) {
    Object plain = boolToInt(value);
    return plain instanceof Double real
        ? (Object) (-real)
        : normalize(toBigInteger(plain).negate());
  }

  /** Computes one of + - * / // % ** of two numbers. */
  static Object compute(String operator, Object a, Object b, Budget budget) {
    Object x = boolToInt(a);
    Object y = boolToInt(b);
    if (x instanceof Double || y instanceof Double) {
      return Floats.compute(operator, toDouble(x), toDouble(y));
    }
    if (x instanceof Long left && y instanceof Long right) {
      switch (operator) {
        case "+" -> {
          long sum = left + right;
          if (((left ^ sum) & (right ^ sum)) >= 0) {
            return sum;
          }
        }
        case "-" -> {
          long difference = left - right;
          if (((left ^ right) & (left ^ difference)) >= 0) {
            return difference;
          }
        }
        case "*" -> {
          long product = left * right;
          if (Math.multiplyHigh(left, right) == product >> 63) {
            return product;
          }
        }
        default -> {}
      }
    }
    return computeIntegers(operator, toBigInteger(x), toBigInteger(y), budget);
  }

  private static Object computeIntegers(
      String operator, BigInteger a, BigInteger b, Budget budget) {
    budget.chargeWork(1 + ((long) a.bitLength() * b.bitLength() >> 10));
    return switch (operator) {
      case "+" -> normalize(a.add(b));
      case "-" -> normalize(a.subtract(b));
      case "*" -> normalize(a.multiply(b));
      case "/" -> {
        chargeConversion((long) a.bitLength() + b.bitLength(), budget);
        double quotient = new Fraction(a, requireNonZero(b, operator)).value();
        if (Double.isInfinite(quotient)) {
          throw new TemplateError("'/': the result is too large");
        }
        yield quotient;
      }
      case "//" -> normalize(floorDivide(a, requireNonZero(b, operator))[0]);
      case "%" -> normalize(floorDivide(a, requireNonZero(b, operator))[1]);
      default -> power(a, b, budget);
    };
  }

  private static BigInteger requireNonZero(BigInteger b, String operator) {
    if (b.signum() == 0) {
      throw new TemplateError("'" + operator + "': / by zero");
    }
    return b;
  }

  /** Quotient rounded down, and the remainder that has the divisor's sign. */
  private static BigInteger[] floorDivide(BigInteger a, BigInteger b) {
    BigInteger[] result = a.divideAndRemainder(b);
    if (result[1].signum() != 0 && result[1].signum() != b.signum()) {
      result[0] = result[0].subtract(BigInteger.ONE);
      result[1] = result[1].add(b);
    }
    return result;
  }

  private static Object power(BigInteger a, BigInteger b, Budget budget) {
    if (b.signum() < 0) {
      return Floats.compute("**", a.doubleValue(), b.doubleValue());
    }
    if (a.bitLength() > 1 || a.equals(BigInteger.TWO.negate())) {
      if (b.bitLength() > 20 || (long) a.bitLength() * b.intValue() > 2L * MAX_BITS) {
        throw new TemplateError("'**': the result has more than 4000 digits");
      }
    } else if (b.bitLength() > 20) { // -1, 0 and 1
      return a.signum() < 0 && !b.testBit(0) ? 1L : a.longValue();
    }
    budget.chargeWork(1 + (long) a.bitLength() * b.intValue() / 16);
    return normalize(a.pow(b.intValue()));
  }

  /** A quotient of two ints, rounded once. */
  private record Fraction(BigInteger a, BigInteger b) {
    double value() {
      if (a.bitLength() <= 53 && b.bitLength() <= 53) {
        return a.doubleValue() / b.doubleValue();
      }
      int shift = Math.max(0, b.bitLength() - a.bitLength() + 66);
      BigInteger[] parts = a.abs().shiftLeft(shift).divideAndRemainder(b.abs());
      BigInteger quotient = parts[1].signum() == 0 ? parts[0] : parts[0].setBit(0); // sticky
      double value = Math.scalb(quotient.doubleValue(), -shift);
      return a.signum() * b.signum() < 0 ? -value : value;
    }
  }
}

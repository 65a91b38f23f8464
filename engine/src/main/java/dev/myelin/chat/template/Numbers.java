package dev.myelin.chat.template;

import java.math.BigDecimal;
import java.math.BigInteger;

/** Python's int (Long, or BigInteger where that is too short), float and bool. */
final class Numbers {
  /** Bits of the largest int; Python itself refuses to print more than 4300 digits. */
  private static final int LARGEST = 14_000;

  private static final BigInteger LEAST_LONG = BigInteger.valueOf(Long.MIN_VALUE);
  private static final BigInteger MOST_LONG = BigInteger.valueOf(Long.MAX_VALUE);

  private Numbers() {}

  /** A Long where it fits. */
  static Object integer(BigInteger value) {
    if (value.bitLength() < 64) {
      return value.longValue();
    }
    if (value.bitLength() > LARGEST) {
      throw new Failure("a number of more than 4000 digits");
    }
    return value;
  }

  /** An int in decimal digits. */
  static String digits(Object integer, Budget budget) {
    if (integer instanceof BigInteger big) {
      pay(big.bitLength(), budget);
    }
    return integer.toString();
  }

  /** Pays for turning so many bits into digits, or back, which takes time that is quadratic. */
  static void pay(long bits, Budget budget) {
    budget.spend(1 + (bits * bits >> 11));
  }

  /** Bool as int; other numbers as they are. */
  static Object plain(Object value) {
    return value instanceof Boolean truth ? (Object) (truth ? 1L : 0L) : value;
  }

  static BigInteger big(Object integer) {
    return integer instanceof BigInteger big ? big : BigInteger.valueOf((Long) integer);
  }

  static double real(Object number) {
    Object plain = plain(number);
    return plain instanceof BigInteger big ? big.doubleValue() : ((Number) plain).doubleValue();
  }

  /** An integer argument, cut to a long's range. */
  static long clamped(Object value, String what) {
    Object plain = plain(value);
    if (plain instanceof Long number) {
      return number;
    } else if (plain instanceof BigInteger big) {
      return big.max(LEAST_LONG).min(MOST_LONG).longValue();
    }
    Values.defined(value);
    throw new Failure(what + ": expected a whole number, not '" + Values.type(value) + "'");
  }

  /** An integer argument of an int's size; larger ones are cut. */
  static int count(Object value, String what) {
    return Math.clamp(clamped(value, what), Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  static int compare(Object a, Object b) {
    Object x = plain(a);
    Object y = plain(b);
    if (x instanceof Long left && y instanceof Long right) {
      return Long.compare(left, right);
    }
    if (Values.integer(x) && Values.integer(y)) {
      return big(x).compareTo(big(y));
    }
    double left = real(x);
    double right = real(y);
    if (left == right && Math.abs(left) >= 1L << 53 && !Double.isInfinite(left)) {
      return exact(x).compareTo(exact(y)); // ints that a double cannot tell apart
    }
    return left < right ? -1 : left > right ? 1 : 0;
  }

  private static BigDecimal exact(Object number) {
    return number instanceof Double real ? new BigDecimal(real) : new BigDecimal(big(number));
  }

  /** Whether one of them is NaN, which compares with nothing. */
  static boolean unordered(Object a, Object b) {
    return a instanceof Double x && x.isNaN() || b instanceof Double y && y.isNaN();
  }

  static Object negate(Object value) {
    Object plain = plain(value);
    return plain instanceof Double real ? (Object) (-real) : integer(big(plain).negate());
  }

  /** The result of one of + - * / // % **, of two numbers. */
  static Object compute(String operator, Object a, Object b, Budget budget) {
    Object x = plain(a);
    Object y = plain(b);
    if (x instanceof Double || y instanceof Double) {
      return Reals.compute(operator, real(x), real(y));
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
    return integers(operator, big(x), big(y), budget);
  }

  private static Object integers(String operator, BigInteger a, BigInteger b, Budget budget) {
    budget.spend(1 + ((long) a.bitLength() * b.bitLength() >> 10));
    return switch (operator) {
      case "+" -> integer(a.add(b));
      case "-" -> integer(a.subtract(b));
      case "*" -> integer(a.multiply(b));
      case "/" -> {
        pay((long) a.bitLength() + b.bitLength(), budget);
        double quotient = new Fraction(a, divisor(b, operator)).value();
        if (Double.isInfinite(quotient)) {
          throw new Failure("'/': the result is too large");
        }
        yield quotient;
      }
      case "//" -> integer(floor(a, divisor(b, operator))[0]);
      case "%" -> integer(floor(a, divisor(b, operator))[1]);
      default -> power(a, b, budget);
    };
  }

  private static BigInteger divisor(BigInteger b, String operator) {
    if (b.signum() == 0) {
      throw new Failure("'" + operator + "': / by zero");
    }
    return b;
  }

  /** Quotient rounded down, and the remainder that has the divisor's sign. */
  private static BigInteger[] floor(BigInteger a, BigInteger b) {
    BigInteger[] result = a.divideAndRemainder(b);
    if (result[1].signum() != 0 && result[1].signum() != b.signum()) {
      result[0] = result[0].subtract(BigInteger.ONE);
      result[1] = result[1].add(b);
    }
    return result;
  }

  private static Object power(BigInteger a, BigInteger b, Budget budget) {
    if (b.signum() < 0) {
      return Reals.compute("**", a.doubleValue(), b.doubleValue());
    }
    if (a.bitLength() > 1 || a.equals(BigInteger.TWO.negate())) {
      if (b.bitLength() > 20 || (long) a.bitLength() * b.intValue() > 2L * LARGEST) {
        throw new Failure("'**': the result has more than 4000 digits");
      }
    } else if (b.bitLength() > 20) { // -1, 0 and 1
      return a.signum() < 0 && !b.testBit(0) ? 1L : a.longValue();
    }
    budget.spend(1 + (long) a.bitLength() * b.intValue() / 16);
    return integer(a.pow(b.intValue()));
  }

  /** A quotient of ints, rounded once. */
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

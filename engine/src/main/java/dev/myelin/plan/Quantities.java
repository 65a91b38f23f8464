package dev.myelin.plan;

import dev.myelin.error.InvalidRequestException;
import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Parses numbers with unit suffixes, such as {@code 7B}. Stateless and thread-safe. */
public final class Quantities {
  /** Far beyond any model or machine. */
  private static final long MAX_VALUE = 1_000_000_000_000_000_000L;

  private static final Pattern PARAMETERS =
      Pattern.compile("(\\d{1,19}(?:\\.\\d{1,18})?) ?([kmbgt]?)");
  private static final Pattern SPEED =
      Pattern.compile("(\\d{1,19}(?:\\.\\d{1,18})?) ?([kmgt]?)(?:b(?:/s)?)?");

  private static final Pattern SIZE = Pattern.compile("(\\d{1,18})([kmgt]?)(?:i?b)?");

  private Quantities() {}

  /**
   * Parses a number of parameters: {@code 1.76T}, {@code 7b}, {@code 350M}, {@code 124439808}.
   *
   * @throws InvalidRequestException unless it is a whole number of 1 or more
   */
  public static long parseParameters(String text) {
    return parse(PARAMETERS, text, "parameters", "a number such as 350M, 7B or 1.76T");
  }

  /** Parses a number of tokens, in the syntax of {@link #parseParameters}. */
  public static long parseTokens(String text) {
    return parse(PARAMETERS, text, "tokens", "a number such as 300B or 15T");
  }

  /**
   * Parses bytes per second, with decimal prefixes: {@code 50GB/s}, {@code 800 MB}, {@code 12.5G}.
   *
   * @throws InvalidRequestException unless it is 1 or more
   */
  public static long parseBytesPerSecond(String text) {
    return parse(SPEED, text, "bandwidth", "bytes per second, such as 50GB/s");
  }

  /**
   * Parses a size of memory, in binary units as the JVM and systemd do: {@code 512M}, {@code 2G}.
   *
   * @param name what it is the size of, for the message
   * @throws InvalidRequestException unless it is 1 byte or more
   */
  public static long parseMemory(String name, String text) {
    Matcher parts = SIZE.matcher(text.strip().toLowerCase(Locale.ROOT));
    if (parts.matches()) {
      long number = Long.parseLong(parts.group(1));
      int shift = exponent(parts.group(2)) / 3 * 10;
      if (number > 0 && number <= MAX_VALUE >> shift) {
        return number << shift;
      }
    }
    throw new InvalidRequestException(
        name + " = " + text + ": expected a size such as 512M or 2G, in units of 1024");
  }

  private static long parse(Pattern pattern, String text, String name, String expected) {
    Matcher parts = pattern.matcher(text.strip().toLowerCase(Locale.ROOT));
    if (parts.matches()) {
      BigDecimal number =
          new BigDecimal(parts.group(1)).scaleByPowerOfTen(exponent(parts.group(2)));
      boolean whole = number.stripTrailingZeros().scale() <= 0;
      if (whole && number.signum() > 0 && number.compareTo(BigDecimal.valueOf(MAX_VALUE)) <= 0) {
        return number.longValueExact();
      }
    }
    throw new InvalidRequestException(name + " = " + text + ": expected " + expected);
  }

  private static int exponent(String unit) {
    return switch (unit) {
      case "k" -> 3;
      case "m" -> 6;
      case "b", "g" -> 9;
      case "t" -> 12;
      default -> 0;
    };
  }
}

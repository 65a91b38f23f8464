package dev.myelin.plan;

import dev.myelin.error.InvalidRequestException;
import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers as people write them. */
public final class Quantities {
  /** A thousand times more than any model or machine has. */
  private static final long LARGEST = 1_000_000_000_000_000_000L;

  private static final Pattern PARAMETERS =
      Pattern.compile("(\\d{1,19}(?:\\.\\d{1,18})?) ?([kmbgt]?)");
  private static final Pattern SPEED =
      Pattern.compile("(\\d{1,19}(?:\\.\\d{1,18})?) ?([kmgt]?)(?:b(?:/s)?)?");

  private Quantities() {}

  /**
   * A number of parameters: {@code 1.76T}, {@code 7b}, {@code 350M}, {@code 124439808}.
   *
   * @throws InvalidRequestException unless it is a whole number of 1 or more
   */
  public static long parameters(String text) {
    return read(PARAMETERS, text, "parameters", "a number such as 350M, 7B or 1.76T");
  }

  /** A number of tokens, written like one of {@link #parameters}. */
  public static long tokens(String text) {
    return read(PARAMETERS, text, "tokens", "a number such as 300B or 15T");
  }

  /**
   * Bytes a second, in steps of 1000: {@code 50GB/s}, {@code 800 MB}, {@code 12.5G}.
   *
   * @throws InvalidRequestException unless it is 1 or more
   */
  public static long bytesPerSecond(String text) {
    return read(SPEED, text, "bandwidth", "bytes per second, such as 50GB/s");
  }

  private static long read(Pattern pattern, String text, String what, String expected) {
    Matcher parts = pattern.matcher(text.strip().toLowerCase(Locale.ROOT));
    if (parts.matches()) {
      BigDecimal number =
          new BigDecimal(parts.group(1)).scaleByPowerOfTen(exponent(parts.group(2)));
      boolean whole = number.stripTrailingZeros().scale() <= 0;
      if (whole && number.signum() > 0 && number.compareTo(BigDecimal.valueOf(LARGEST)) <= 0) {
        return number.longValueExact();
      }
    }
    throw new InvalidRequestException(what + " = " + text + ": expected " + expected);
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

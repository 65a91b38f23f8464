package dev.myelin.chat.template;

import java.math.BigInteger;
import java.util.Locale;

/**
 * How one value is written: what stands after the colon in {@code '{:>8.2f}'}, or in {@code
 * '%8.2f'}.
 */
final class FormatSpec {
  Str fill = Str.of(" ");
  char align; // one of < > = ^, 0 for the usual one of the type
  char sign = '-';
  boolean alternate;
  int width;
  char grouping; // , or _ or 0
  int precision = -1;
  char code; // 0 for the usual one

  /** Reads a specification of Python's {@code format}. */
  static FormatSpec parse(Str written) {
    FormatSpec spec = new FormatSpec();
    String s = written.text;
    int at = 0;
    int second = s.isEmpty() ? 0 : Character.charCount(s.codePointAt(0));
    if (second < s.length() && isAlign(s.charAt(second)) && second > 0) {
      spec.fill = written.cut(0, second);
      spec.align = s.charAt(second);
      at = second + 1;
    } else if (!s.isEmpty() && isAlign(s.charAt(0))) {
      spec.align = s.charAt(at++);
    }
    if (at < s.length() && "+- ".indexOf(s.charAt(at)) >= 0) {
      spec.sign = s.charAt(at++);
    }
    if (at < s.length() && s.charAt(at) == '#') {
      spec.alternate = true;
      at++;
    }
    if (at < s.length() && s.charAt(at) == '0') {
      at++;
      if (spec.align == 0) {
        spec.fill = Str.of("0");
        spec.align = '=';
      }
    }
    int end = digits(s, at);
    spec.width = number(s, at, end);
    at = end;
    if (at < s.length() && (s.charAt(at) == ',' || s.charAt(at) == '_')) {
      spec.grouping = s.charAt(at++);
    }
    if (at < s.length() && s.charAt(at) == '.') {
      end = digits(s, at + 1);
      if (end == at + 1) {
        throw new Failure("format '" + s + "': the precision is missing");
      }
      spec.precision = number(s, at + 1, end);
      at = end;
    }
    if (at < s.length()) {
      spec.code = s.charAt(at++);
    }
    if (at < s.length()) {
      throw new Failure("format '" + s + "' is not known");
    }
    return spec;
  }

  private static boolean isAlign(char c) {
    return c == '<' || c == '>' || c == '=' || c == '^';
  }

  static int digits(String s, int from) {
    int at = from;
    while (at < s.length() && Chars.digit(s.charAt(at))) {
      at++;
    }
    return at;
  }

  static int number(String s, int from, int to) {
    if (to - from > 9) {
      throw new Failure("format: " + s.substring(from, to) + " is too large");
    }
    return from == to ? 0 : Integer.parseInt(s, from, to, 10);
  }

  /** The value as {@code format(value, spec)} writes it. */
  Str apply(Object value, Render render) {
    Object plain = Numbers.plain(value);
    if (Values.integer(plain) && "eEfFgG%".indexOf(code == 0 ? 'd' : code) < 0) {
      if (precision >= 0) {
        throw new Failure("format: a whole number takes no precision");
      }
      return integer(plain, render.budget);
    } else if (Values.number(plain)) {
      return real(Numbers.real(plain), render.budget);
    }
    Values.defined(value);
    boolean bare = width == 0 && precision < 0 && align == 0 && code == 0;
    if (!bare && !(value instanceof Str)) {
      throw new Failure("format: '" + Values.type(value) + "' takes no specification");
    }
    if (code != 0 && code != 's') {
      throw new Failure("format: '" + code + "' does not fit '" + Values.type(value) + "'");
    }
    if (grouping != 0) {
      throw new Failure("format: '" + grouping + "' does not fit '" + Values.type(value) + "'");
    }
    return text(Repr.text(value, render.budget), render.budget);
  }

  /** Text, cut to the precision and padded. */
  Str text(Str text, Budget budget) {
    Str cut = text;
    if (precision >= 0 && precision < text.length()) {
      cut = text.cut(0, text.offset(precision));
    }
    return pad("", cut, align == 0 || align == '=' ? '<' : align, budget);
  }

  Str integer(Object value, Budget budget) {
    BigInteger number = Numbers.big(value);
    boolean upper = code == 'X';
    int radix =
        switch (code) {
          case 0, 'd', 'i', 'u', 'n' -> 10;
          case 'x', 'X' -> 16;
          case 'o' -> 8;
          case 'b' -> 2;
          case 'c' -> 0;
          default -> throw new Failure("format: '" + code + "' does not fit 'int'");
        };
    if (radix == 0) {
      return text(character(value), budget);
    }
    Numbers.pay(number.bitLength(), budget);
    String digits = number.abs().toString(radix);
    String prefix = sign(number.signum() < 0);
    if (alternate && radix != 10) {
      prefix += "0" + code;
    }
    digits = upper ? digits.toUpperCase(Locale.ROOT) : digits;
    if (digits.length() < precision) { // of a percent format
      budget.make(precision);
      digits = "0".repeat(precision - digits.length()) + digits;
    }
    return number(prefix, digits, radix == 10 ? 3 : 4, budget);
  }

  static Str character(Object value) {
    long point = Numbers.clamped(value, "%c");
    if (point < 0 || point > Character.MAX_CODE_POINT) {
      throw new Failure("%c: " + point + " is no character");
    }
    return Str.of(Character.toString((int) point));
  }

  Str real(double value, Budget budget) {
    boolean negative = value < 0 || value == 0 && 1 / value < 0;
    double size = Math.abs(value);
    String digits;
    if (code == 0 && precision < 0) {
      digits = Reals.repr(size);
    } else if (code == 0) {
      digits = Decimals.text(size, 'g', precision, alternate, budget);
      boolean whole = digits(digits, 0) == digits.length();
      digits = whole && precision > digits.length() ? digits + ".0" : digits;
    } else if (code == '%') {
      digits = Decimals.text(size * 100, 'f', precision, alternate, budget) + "%";
    } else if ("eEfFgG".indexOf(code) >= 0) {
      digits = Decimals.text(size, code, precision, alternate, budget);
    } else if (code == 'n') {
      digits = Decimals.text(size, 'g', precision, alternate, budget);
    } else {
      throw new Failure("format: '" + code + "' does not fit 'float'");
    }
    return number(sign(negative), digits, 3, budget);
  }

  private String sign(boolean negative) {
    return negative ? "-" : sign == '-' ? "" : String.valueOf(sign);
  }

  private Str number(String prefix, String digits, int group, Budget budget) {
    String text = digits;
    if (grouping != 0) {
      int end = FormatSpec.digits(text, 0);
      StringBuilder grouped = new StringBuilder(text);
      for (int at = end - group; at > 0; at -= group) {
        grouped.insert(at, grouping);
      }
      text = grouped.toString();
    }
    budget.make(text.length());
    return pad(prefix, Str.of(text), align == 0 ? '>' : align, budget);
  }

  private Str pad(String prefix, Str text, char where, Budget budget) {
    int missing = width - prefix.length() - text.length();
    if (missing <= 0 && prefix.isEmpty()) {
      return text;
    }
    int left =
        switch (where) {
          case '<' -> 0;
          case '^' -> missing / 2;
          default -> missing;
        };
    StrBuilder padded = new StrBuilder(budget);
    if (where == '=') {
      padded.append(prefix).repeat(fill, missing).append(text);
    } else {
      padded.repeat(fill, left).append(prefix).append(text).repeat(fill, (long) missing - left);
    }
    return padded.str();
  }
}

package dev.myelin.chat.template;

import java.math.BigInteger;
import java.util.Locale;

/** A format specification: the part after the colon in {@code '{:>8.2f}'}, or {@code '%8.2f'}. */
final class FormatSpec {
  Str fill = Str.of(" ");
  char align; // one of < > = ^, 0 for the default of the type
  char sign = '-';
  boolean alternate;
  int width;
  char grouping; // , or _ or 0
  int precision = -1;
  char type; // presentation type, 0 for the default

  /** Parses a specification of Python's {@code format}. */
  static FormatSpec parse(Str written) {
    FormatSpec spec = new FormatSpec();
    String s = written.text;
    int at = 0;
    int second = s.isEmpty() ? 0 : Character.charCount(s.codePointAt(0));
    if (second < s.length() && isAlign(s.charAt(second)) && second > 0) {
      spec.fill = written.substring(0, second);
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
    spec.width = parseInt(s, at, end);
    at = end;
    if (at < s.length() && (s.charAt(at) == ',' || s.charAt(at) == '_')) {
      spec.grouping = s.charAt(at++);
    }
    if (at < s.length() && s.charAt(at) == '.') {
      end = digits(s, at + 1);
      if (end == at + 1) {
        throw new TemplateError("format '" + s + "': the precision is missing");
      }
      spec.precision = parseInt(s, at + 1, end);
      at = end;
    }
    if (at < s.length()) {
      spec.type = s.charAt(at++);
    }
    if (at < s.length()) {
      throw new TemplateError("format '" + s + "' is not known");
    }
    return spec;
  }

  private static boolean isAlign(char c) {
    return c == '<' || c == '>' || c == '=' || c == '^';
  }

  static int digits(String s, int from) {
    int at = from;
    while (at < s.length() && CharClasses.isDigit(s.charAt(at))) {
      at++;
    }
    return at;
  }

  static int parseInt(String s, int from, int to) {
    if (to - from > 9) {
      throw new TemplateError("format: " + s.substring(from, to) + " is too large");
    }
    return from == to ? 0 : Integer.parseInt(s, from, to, 10);
  }

  /** Formats a value as Python's {@code format(value, spec)}. */
  Str apply(Object value, RenderContext context) {
    Object plain = Numbers.boolToInt(value);
    if (Values.isInteger(plain) && "eEfFgG%".indexOf(type == 0 ? 'd' : type) < 0) {
      if (precision >= 0) {
        throw new TemplateError("format: an int takes no precision");
      }
      return formatInteger(plain, context.budget);
    } else if (Values.isNumber(plain)) {
      return formatFloat(Numbers.toDouble(plain), context.budget);
    }
    Values.requireDefined(value);
    boolean unspecified = width == 0 && precision < 0 && align == 0 && type == 0;
    if (!unspecified && !(value instanceof Str)) {
      throw new TemplateError("format: '" + Values.typeName(value) + "' takes no specification");
    }
    if (type != 0 && type != 's') {
      throw new TemplateError(
          "format: '" + type + "' does not fit '" + Values.typeName(value) + "'");
    }
    if (grouping != 0) {
      throw new TemplateError(
          "format: '" + grouping + "' does not fit '" + Values.typeName(value) + "'");
    }
    return formatText(Repr.str(value, context.budget), context.budget);
  }

  /** Text, truncated to the precision and padded. */
  Str formatText(Str text, Budget budget) {
    Str cut = text;
    if (precision >= 0 && precision < text.length()) {
      cut = text.substring(0, text.offsetOf(precision));
    }
    return pad("", cut, align == 0 || align == '=' ? '<' : align, budget);
  }

  Str formatInteger(Object value, Budget budget) {
    BigInteger number = Numbers.toBigInteger(value);
    boolean upper = type == 'X';
    int radix =
        switch (type) {
          case 0, 'd', 'i', 'u', 'n' -> 10;
          case 'x', 'X' -> 16;
          case 'o' -> 8;
          case 'b' -> 2;
          case 'c' -> 0;
          default -> throw new TemplateError("format: '" + type + "' does not fit 'int'");
        };
    if (radix == 0) {
      return formatText(character(value), budget);
    }
    Numbers.chargeConversion(number.bitLength(), budget);
    String digits = number.abs().toString(radix);
    String prefix = sign(number.signum() < 0);
    if (alternate && radix != 10) {
      prefix += "0" + type;
    }
    digits = upper ? digits.toUpperCase(Locale.ROOT) : digits;
    if (digits.length() < precision) { // of a percent format
      budget.chargeWrite(precision);
      digits = "0".repeat(precision - digits.length()) + digits;
    }
    return parseInt(prefix, digits, radix == 10 ? 3 : 4, budget);
  }

  static Str character(Object value) {
    long point = Numbers.clampToLong(value, "%c");
    if (point < 0 || point > Character.MAX_CODE_POINT) {
      throw new TemplateError("%c: " + point + " is not a character");
    }
    return Str.of(Character.toString((int) point));
  }

  Str formatFloat(double value, Budget budget) {
    boolean negative = value < 0 || value == 0 && 1 / value < 0;
    double size = Math.abs(value);
    String digits;
    if (type == 0 && precision < 0) {
      digits = Floats.repr(size);
    } else if (type == 0) {
      digits = FloatFormat.format(size, 'g', precision, alternate, budget);
      boolean isWhole = digits(digits, 0) == digits.length();
      digits = isWhole && precision > digits.length() ? digits + ".0" : digits;
    } else if (type == '%') {
      digits = FloatFormat.format(size * 100, 'f', precision, alternate, budget) + "%";
    } else if ("eEfFgG".indexOf(type) >= 0) {
      digits = FloatFormat.format(size, type, precision, alternate, budget);
    } else if (type == 'n') {
      digits = FloatFormat.format(size, 'g', precision, alternate, budget);
    } else {
      throw new TemplateError("format: '" + type + "' does not fit 'float'");
    }
    return parseInt(sign(negative), digits, 3, budget);
  }

  private String sign(boolean negative) {
    return negative ? "-" : sign == '-' ? "" : String.valueOf(sign);
  }

  private Str parseInt(String prefix, String digits, int group, Budget budget) {
    String text = digits;
    if (grouping != 0) {
      int end = FormatSpec.digits(text, 0);
      StringBuilder grouped = new StringBuilder(text);
      for (int at = end - group; at > 0; at -= group) {
        grouped.insert(at, grouping);
      }
      text = grouped.toString();
    }
    budget.chargeWrite(text.length());
    return pad(prefix, Str.of(text), align == 0 ? '>' : align, budget);
  }

  private Str pad(String prefix, Str text, char alignment, Budget budget) {
    int missing = width - prefix.length() - text.length();
    if (missing <= 0 && prefix.isEmpty()) {
      return text;
    }
    int left =
        switch (alignment) {
          case '<' -> 0;
          case '^' -> missing / 2;
          default -> missing;
        };
    StrBuilder padded = new StrBuilder(budget);
    if (alignment == '=') {
      padded.append(prefix).repeat(fill, missing).append(text);
    } else {
      padded.repeat(fill, left).append(prefix).append(text).repeat(fill, (long) missing - left);
    }
    return padded.build();
  }
}

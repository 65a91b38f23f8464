package dev.myelin.chat.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;

/** Filters of numbers and of any value: their signatures, and their implementations. */
final class ValueFilters {
  private ValueFilters() {}

  static String signature(String name) {
    return switch (name) {
      case "abs" -> "";
      case "attr" -> "name";
      case "d", "default" -> "[default_value] [boolean]";
      case "filesizeformat" -> "[binary]";
      case "float" -> "[default]";
      case "int" -> "[default] [base]";
      case "round" -> "[precision] [method]";
      default -> null;
    };
  }

  /**
   * @param a values of the parameters, null if omitted
   */
  static Object apply(String name, Object value, Object[] a, RenderContext context) {
    return switch (name) {
      case "abs" -> abs(value);
      case "attr" -> attribute(value, StrMethods.requireStr(a[0], "attr"), context);
      case "d", "default" ->
          value instanceof Undefined || Filters.isTrue(a[1]) && !Values.isTruthy(value)
              ? TextFilters.orDefault(a[0], Str.EMPTY)
              : value;
      case "filesizeformat" -> fileSize(value, Filters.isTrue(a[0]), context);
      case "float" -> toFloat(value, TextFilters.orDefault(a[0], 0.0), context);
      case "int" -> toInt(value, TextFilters.orDefault(a[0], 0L), a[1], context);
      case "round" -> round(value, a, context);
      default -> throw new AssertionError(name);
    };
  }

  private static Object requireNumber(Object value, String filter) {
    Values.requireDefined(value);
    if (!Values.isNumber(value)) {
      throw new TemplateError(filter + ": expected a number, not '" + Values.typeName(value) + "'");
    }
    return Numbers.boolToInt(value);
  }

  private static Object abs(Object value) {
    Object number = requireNumber(value, "abs");
    if (number instanceof Double real) {
      return Math.abs(real);
    }
    return Numbers.normalize(Numbers.toBigInteger(number).abs());
  }

  /** Looks up an attribute, never an item. */
  private static Object attribute(Object value, Str name, RenderContext context) {
    return value instanceof PyDict && DictMethods.signature(name.text) == null
        ? Undefined.attribute(value, name.text)
        : Lookup.getAttribute(value, name.text, context);
  }

  private static Str fileSize(Object value, boolean binary, RenderContext context) {
    Object number = toFloat(value, None.NONE, context);
    if (!(number instanceof Double bytes)) {
      throw new TemplateError(
          "filesizeformat: expected a number, not '" + Values.typeName(value) + "'");
    }
    int base = binary ? 1024 : 1000;
    if (bytes == 1) {
      return Str.of("1 Byte");
    }
    if (bytes < base) {
      return Str.of(bytes.longValue() + " Bytes");
    }
    String prefixes = binary ? "KMGTPEZY" : "kMGTPEZY";
    double unit = base;
    int i = 0;
    while (i < prefixes.length() - 1 && bytes >= unit * base) {
      unit *= base;
      i++;
    }
    String size = FloatFormat.format(bytes / unit, 'f', 1, false, context.budget);
    return Str.of(size + " " + prefixes.charAt(i) + (binary ? "iB" : "B"));
  }

  private static Object toFloat(Object value, Object defaultValue, RenderContext context) {
    if (Values.isNumber(value)) {
      return Numbers.toDouble(value);
    }
    Double read = value instanceof Str text ? NumberParser.parseFloat(text, context.budget) : null;
    return read == null ? defaultValue : read;
  }

  private static Object toInt(
      Object value, Object defaultValue, Object base, RenderContext context) {
    if (value instanceof Str text) {
      int radix = base == null ? 10 : Numbers.clampToInt(base, "int: base");
      Object read = NumberParser.parseInt(text, radix, context.budget);
      if (read != null) {
        return read;
      }
    }
    Object number =
        Values.isNumber(value) ? Numbers.boolToInt(value) : toFloat(value, None.NONE, context);
    if (number instanceof Double real) {
      boolean finite = !Double.isNaN(real) && !Double.isInfinite(real);
      return finite ? Numbers.normalize(new BigDecimal(real).toBigInteger()) : defaultValue;
    }
    return number == None.NONE ? defaultValue : number;
  }

  private static Object round(Object value, Object[] a, RenderContext context) {
    Object number = requireNumber(value, "round");
    int places = a[0] == null ? 0 : Numbers.clampToInt(a[0], "round: precision");
    String method = a[1] == null ? "common" : a[1].toString();
    RoundingMode mode =
        switch (method) {
          case "common" -> RoundingMode.HALF_EVEN;
          case "ceil" -> RoundingMode.CEILING;
          case "floor" -> RoundingMode.FLOOR;
          default ->
              throw new TemplateError(
                  "round: method = '" + method + "': expected common, ceil or floor");
        };
    if (mode == RoundingMode.HALF_EVEN) {
      Numbers.chargeConversion(2000, context.budget);
      if (number instanceof Double real) {
        return Floats.round(real, places, mode);
      }
      if (places >= 0) {
        return number;
      }
      BigDecimal exact = new BigDecimal(Numbers.toBigInteger(number));
      BigInteger rounded = exact.setScale(Math.max(places, -5000), mode).toBigInteger();
      return Numbers.normalize(rounded);
    }
    double scale = Math.pow(10, places);
    double scaled = Numbers.toDouble(number) * scale;
    // no negative zero: Python's ceil and floor return ints
    return ((mode == RoundingMode.CEILING ? Math.ceil(scaled) : Math.floor(scaled)) + 0.0) / scale;
  }
}

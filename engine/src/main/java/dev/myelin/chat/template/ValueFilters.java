package dev.myelin.chat.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;

/** Filters of numbers, and of anything: a line says the parameters, a line below what it does. */
final class ValueFilters {
  private ValueFilters() {}

  static String parameters(String name) {
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
   * @param a values of the parameters, null where left out
   */
  static Object apply(String name, Object value, Object[] a, Render render) {
    return switch (name) {
      case "abs" -> abs(value);
      case "attr" -> attribute(value, StrMethods.text(a[0], "attr"), render);
      case "d", "default" ->
          value instanceof Undefined || Filters.flag(a[1]) && !Values.truth(value)
              ? TextFilters.or(a[0], Str.EMPTY)
              : value;
      case "filesizeformat" -> fileSize(value, Filters.flag(a[0]), render);
      case "float" -> real(value, TextFilters.or(a[0], 0.0), render);
      case "int" -> integer(value, TextFilters.or(a[0], 0L), a[1], render);
      case "round" -> round(value, a, render);
      default -> throw new AssertionError(name);
    };
  }

  private static Object number(Object value, String filter) {
    Values.defined(value);
    if (!Values.number(value)) {
      throw new Failure(filter + ": expected a number, not '" + Values.type(value) + "'");
    }
    return Numbers.plain(value);
  }

  private static Object abs(Object value) {
    Object number = number(value, "abs");
    if (number instanceof Double real) {
      return Math.abs(real);
    }
    return Numbers.integer(Numbers.big(number).abs());
  }

  /** An attribute only, never an item. */
  private static Object attribute(Object value, Str name, Render render) {
    return value instanceof PyDict && DictMethods.parameters(name.text) == null
        ? Undefined.attribute(value, name.text)
        : Attributes.attribute(value, name.text, render);
  }

  private static Str fileSize(Object value, boolean binary, Render render) {
    Object number = real(value, None.NONE, render);
    if (!(number instanceof Double bytes)) {
      throw new Failure("filesizeformat: expected a number, not '" + Values.type(value) + "'");
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
    String size = Decimals.text(bytes / unit, 'f', 1, false, render.budget);
    return Str.of(size + " " + prefixes.charAt(i) + (binary ? "iB" : "B"));
  }

  private static Object real(Object value, Object otherwise, Render render) {
    if (Values.number(value)) {
      return Numbers.real(value);
    }
    Double read = value instanceof Str text ? Readers.real(text, render.budget) : null;
    return read == null ? otherwise : read;
  }

  private static Object integer(Object value, Object otherwise, Object base, Render render) {
    if (value instanceof Str text) {
      int radix = base == null ? 10 : Numbers.count(base, "int: base");
      Object read = Readers.integer(text, radix, render.budget);
      if (read != null) {
        return read;
      }
    }
    Object number = Values.number(value) ? Numbers.plain(value) : real(value, None.NONE, render);
    if (number instanceof Double real) {
      boolean finite = !Double.isNaN(real) && !Double.isInfinite(real);
      return finite ? Numbers.integer(new BigDecimal(real).toBigInteger()) : otherwise;
    }
    return number == None.NONE ? otherwise : number;
  }

  private static Object round(Object value, Object[] a, Render render) {
    Object number = number(value, "round");
    int places = a[0] == null ? 0 : Numbers.count(a[0], "round: precision");
    String method = a[1] == null ? "common" : a[1].toString();
    RoundingMode mode =
        switch (method) {
          case "common" -> RoundingMode.HALF_EVEN;
          case "ceil" -> RoundingMode.CEILING;
          case "floor" -> RoundingMode.FLOOR;
          default ->
              throw new Failure("round: method = '" + method + "': expected common, ceil or floor");
        };
    if (mode == RoundingMode.HALF_EVEN) {
      Numbers.pay(2000, render.budget);
      if (number instanceof Double real) {
        return Reals.round(real, places, mode);
      }
      if (places >= 0) {
        return number;
      }
      BigDecimal exact = new BigDecimal(Numbers.big(number));
      BigInteger rounded = exact.setScale(Math.max(places, -5000), mode).toBigInteger();
      return Numbers.integer(rounded);
    }
    double scale = Math.pow(10, places);
    double scaled = Numbers.real(number) * scale;
    // no negative zero: Python's ceil and floor are whole numbers
    return ((mode == RoundingMode.CEILING ? Math.ceil(scaled) : Math.floor(scaled)) + 0.0) / scale;
  }
}

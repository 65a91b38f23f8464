package dev.myelin.chat.jinja;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;

/** Values as Python writes them: {@code str()} and {@code repr()}. */
final class Text {
  private static final int DEEPEST = 100;

  private Text() {}

  static String of(Object value, Render render) {
    if (value instanceof String s) {
      return s;
    }
    StringBuilder text = new StringBuilder();
    append(text, value, false, 0, render);
    return text.toString();
  }

  /** As inside a list: strings in quotes. */
  static String repr(Object value, Render render) {
    StringBuilder text = new StringBuilder();
    append(text, value, true, 0, render);
    return text.toString();
  }

  private static void append(
      StringBuilder out, Object value, boolean quoted, int depth, Render render) {
    if (depth > DEEPEST) {
      throw new RenderFailure("a value is nested too deeply");
    }
    int before = out.length();
    switch (value) {
      case String s -> {
        if (quoted) {
          quote(out, s);
        } else {
          out.append(s);
        }
      }
      case Boolean b -> out.append(b ? "True" : "False");
      case Double d -> out.append(number(d));
      case None none -> out.append("None");
      case Undefined undefined -> out.append(quoted ? "Undefined" : "");
      case List<?> list -> {
        String separator = "[";
        for (Object item : list) {
          out.append(separator);
          append(out, item, true, depth + 1, render);
          separator = ", ";
        }
        out.append(list.isEmpty() ? "[]" : "]");
      }
      case Map<?, ?> map -> {
        String separator = "{";
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          out.append(separator);
          append(out, entry.getKey(), true, depth + 1, render);
          out.append(": ");
          append(out, entry.getValue(), true, depth + 1, render);
          separator = ", ";
        }
        out.append(map.isEmpty() ? "{}" : "}");
      }
      case Long l -> out.append(l.longValue());
      default -> out.append('<').append(Values.typeName(value)).append('>');
    }
    render.spend(1L + out.length() - before);
  }

  /** The shortest digits that read back the same, with an exponent where Python has one. */
  static String number(double value) {
    if (Double.isNaN(value)) {
      return "nan";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "inf" : "-inf";
    }
    double size = Math.abs(value);
    if (size == 0 || (size >= 1e-4 && size < 1e16)) {
      String plain = new BigDecimal(Double.toString(value)).toPlainString();
      return (1 / value == Double.NEGATIVE_INFINITY ? "-" : "")
          + (plain.contains(".") ? plain : plain + ".0");
    }
    String[] parts = Double.toString(value).split("E");
    String digits =
        parts[0].endsWith(".0") ? parts[0].substring(0, parts[0].length() - 2) : parts[0];
    int exponent = Integer.parseInt(parts[1]);
    return digits
        + String.format(
            java.util.Locale.ROOT, "e%s%02d", exponent < 0 ? "-" : "+", Math.abs(exponent));
  }

  private static void quote(StringBuilder out, String s) {
    char quote = s.contains("'") && !s.contains("\"") ? '"' : '\'';
    out.append(quote);
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      switch (c) {
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c == quote) {
            out.append('\\').append(c);
          } else if (Character.isISOControl(c)) {
            out.append(String.format("\\x%02x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append(quote);
  }
}

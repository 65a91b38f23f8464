package dev.myelin.chat.jinja;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The register of filters, one line each; those of sequences stand in {@link Sequences}. */
final class Filters {
  private static final Map<String, Filter> ALL =
      Map.ofEntries(
          Map.entry("abs", (value, a, render) -> abs(value)),
          Map.entry("capitalize", method("capitalize")),
          Map.entry("count", (value, a, render) -> Values.length(value)),
          Map.entry("d", Filters::orDefault),
          Map.entry("default", Filters::orDefault),
          Map.entry("dictsort", Sequences::dictsort),
          Map.entry("e", (value, a, render) -> escape(value, render)),
          Map.entry("escape", (value, a, render) -> escape(value, render)),
          Map.entry("first", (value, a, render) -> Sequences.first(value, render)),
          Map.entry("float", (value, a, render) -> toFloat(value, a)),
          Map.entry("format", (value, a, render) -> format(value, a, render)),
          Map.entry("indent", Filters::indent),
          Map.entry("int", (value, a, render) -> toInt(value, a)),
          Map.entry("items", (value, a, render) -> Sequences.pairs(value, render)),
          Map.entry("join", Sequences::join),
          Map.entry("last", (value, a, render) -> Sequences.last(value, render)),
          Map.entry("length", (value, a, render) -> Values.length(value)),
          Map.entry("list", (value, a, render) -> new ArrayList<>(Values.items(value, render))),
          Map.entry("lower", method("lower")),
          Map.entry("map", Sequences::map),
          Map.entry("max", (value, a, render) -> Sequences.extreme(value, a, render, 1)),
          Map.entry("min", (value, a, render) -> Sequences.extreme(value, a, render, -1)),
          Map.entry("reject", (value, a, render) -> Sequences.select(value, a, render, false)),
          Map.entry("rejectattr", (v, a, render) -> Sequences.selectAttribute(v, a, render, false)),
          Map.entry("replace", method("replace")),
          Map.entry("reverse", (value, a, render) -> reverse(value, render)),
          Map.entry("round", (value, a, render) -> round(value, a)),
          Map.entry("safe", (value, a, render) -> Text.of(value, render)),
          Map.entry("select", (value, a, render) -> Sequences.select(value, a, render, true)),
          Map.entry("selectattr", (v, a, render) -> Sequences.selectAttribute(v, a, render, true)),
          Map.entry("sort", Sequences::sort),
          Map.entry("string", (value, a, render) -> Text.of(value, render)),
          Map.entry("sum", Sequences::sum),
          Map.entry("title", (value, a, render) -> title(value, render)),
          Map.entry("tojson", Json::write),
          Map.entry("trim", method("strip")),
          Map.entry("unique", Sequences::unique),
          Map.entry("upper", method("upper")),
          Map.entry("wordcount", (value, a, render) -> wordCount(value, render)));

  private Filters() {}

  static Filter find(String name) {
    Filter filter = ALL.get(name);
    if (filter == null) {
      throw new RenderFailure("no filter is called '" + name + "'");
    }
    return filter;
  }

  /** A filter that is the method of the same meaning, of whatever the value reads as. */
  private static Filter method(String name) {
    return (value, arguments, render) ->
        StringMethods.bind(Text.of(value, render), name).call(arguments, render);
  }

  private static Object orDefault(Object value, Arguments arguments, Render render) {
    boolean missing =
        value instanceof Undefined || (arguments.flag(1, "boolean", false) && !Values.truth(value));
    return missing ? arguments.get(0, "default_value", "") : value;
  }

  private static Object abs(Object value) {
    return value instanceof Double d ? Math.abs(d) : (Object) Math.absExact(number(value));
  }

  private static long number(Object value) {
    return Values.integer(value, "what a filter is applied to");
  }

  private static Object toInt(Object value, Arguments arguments) {
    try {
      return switch (value) {
        case Double d when Double.isFinite(d) -> (long) d.doubleValue();
        case String s when s.contains(".") -> (long) Double.parseDouble(s.strip());
        case String s -> Long.parseLong(s.strip(), arguments.integer(1, "base", 10));
        case Long l -> l;
        case Boolean b -> b ? 1L : 0L;
        default -> arguments.get(0, "default", 0L);
      };
    } catch (NumberFormatException e) {
      return arguments.get(0, "default", 0L);
    }
  }

  private static Object toFloat(Object value, Arguments arguments) {
    try {
      return switch (value) {
        case Double d -> d;
        case String s -> Double.parseDouble(s.strip());
        case Long l -> (double) l;
        case Boolean b -> b ? 1.0 : 0.0;
        default -> arguments.get(0, "default", 0.0);
      };
    } catch (NumberFormatException e) {
      return arguments.get(0, "default", 0.0);
    }
  }

  private static Object round(Object value, Arguments arguments) {
    int digits = arguments.integer(0, "precision", 0);
    RoundingMode mode =
        switch (arguments.get(1, "method", "common")) {
          case String s when s.equals("ceil") -> RoundingMode.CEILING;
          case String s when s.equals("floor") -> RoundingMode.FLOOR;
          default -> RoundingMode.HALF_EVEN;
        };
    double number = Operators.toDouble(value);
    if (!Double.isFinite(number) || Math.abs(digits) > 300) {
      return number;
    }
    return new BigDecimal(number).setScale(digits, mode).doubleValue();
  }

  private static Object format(Object value, Arguments arguments, Render render) {
    Object inserted =
        arguments.named().isEmpty() ? arguments.positional() : Map.copyOf(arguments.named());
    return Formats.percent(Text.of(value, render), inserted, render);
  }

  private static Object reverse(Object value, Render render) {
    Object sequence = value instanceof String ? value : Values.items(value, render);
    render.spend(Values.length(sequence));
    return Slices.slice(sequence, null, null, -1);
  }

  private static String escape(Object value, Render render) {
    String text = Text.of(value, render);
    render.spend(6L * text.length());
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&#34;")
        .replace("'", "&#39;");
  }

  /** Unlike the method, it takes only spaces, hyphens and opening brackets to divide words. */
  private static String title(Object value, Render render) {
    String text = Text.of(value, render);
    render.spend(text.length());
    StringBuilder title = new StringBuilder(text.length());
    boolean inWord = false;
    for (int c : text.codePoints().toArray()) {
      title.appendCodePoint(inWord ? Character.toLowerCase(c) : Character.toUpperCase(c));
      inWord = !(Character.isWhitespace(c) || "-({[<".indexOf(c) >= 0);
    }
    return title.toString();
  }

  private static Object indent(Object value, Arguments arguments, Render render) {
    String text = Text.of(value, render);
    Object width = arguments.get(0, "width", 4L);
    String margin;
    if (width instanceof String s) {
      margin = s;
    } else {
      int spaces = arguments.integer(0, "width", 4);
      render.spend(Math.max(spaces, 0));
      margin = " ".repeat(Math.max(spaces, 0));
    }
    boolean first = arguments.flag(1, "first", false);
    boolean blank = arguments.flag(2, "blank", false);
    List<Object> lines = new ArrayList<>();
    for (String line : text.split("\n", -1)) {
      boolean indented = lines.isEmpty() ? first : blank || !line.isEmpty();
      lines.add(indented ? Operators.concat(margin, line, render) : line);
    }
    return Sequences.joined(lines, "\n", render);
  }

  private static long wordCount(Object value, Render render) {
    return StringMethods.words(Text.of(value, render), -1).size();
  }
}

package dev.myelin.chat.jinja;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** The filter {@code tojson}, as the templates' usual host has it: Python's json.dumps. */
final class Json {
  private static final int DEEPEST = 100;

  private final StringBuilder out = new StringBuilder();
  private final Render render;
  private final String itemSeparator;
  private final String keySeparator;
  private final int indent; // spaces a level, -1 on one line
  private final boolean ascii;
  private final boolean sorted;

  private Json(Arguments arguments, Render render) {
    this.render = render;
    Object width = arguments.get(1, "indent", None.NONE);
    this.indent = width == None.NONE ? -1 : Math.clamp(arguments.integer(1, "indent", 0), 0, 16);
    this.ascii = arguments.flag(0, "ensure_ascii", false);
    this.sorted = arguments.flag(3, "sort_keys", false);
    Object separators = arguments.get(2, "separators", None.NONE);
    if (separators instanceof List<?> pair && pair.size() == 2) {
      this.itemSeparator = Values.string(pair.get(0), "separator");
      this.keySeparator = Values.string(pair.get(1), "separator");
    } else {
      this.itemSeparator = indent >= 0 ? "," : ", ";
      this.keySeparator = ": ";
    }
  }

  static String write(Object value, Arguments arguments, Render render) {
    Json json = new Json(arguments, render);
    json.append(value, 0);
    return json.out.toString();
  }

  private void append(Object value, int depth) {
    if (depth > DEEPEST) {
      throw new RenderFailure("a value is nested too deeply for tojson");
    }
    render.spend(1 + Math.max(indent, 0) * (long) depth);
    switch (Values.defined(value)) {
      case String s -> quote(s);
      case Boolean b -> out.append(b.booleanValue());
      case Long l -> out.append(l.longValue());
      case Double d -> out.append(Text.number(d));
      case None none -> out.append("null");
      case List<?> list -> appendList(list, depth);
      case Map<?, ?> map -> appendMap(map, depth);
      case Namespace namespace -> appendMap(namespace.parts(), depth);
      default -> throw new RenderFailure("tojson cannot write '" + Values.typeName(value) + "'");
    }
  }

  private void appendList(List<?> list, int depth) {
    out.append('[');
    boolean first = true;
    for (Object item : list) {
      separate(first, depth + 1);
      append(item, depth + 1);
      first = false;
    }
    close(list.isEmpty(), depth, ']');
  }

  private void appendMap(Map<?, ?> map, int depth) {
    out.append('{');
    List<Map.Entry<?, ?>> entries = new ArrayList<>(map.entrySet());
    if (sorted) {
      entries.sort(Comparator.comparing(entry -> Text.of(entry.getKey(), render)));
    }
    boolean first = true;
    for (Map.Entry<?, ?> entry : entries) {
      separate(first, depth + 1);
      quote(
          entry.getKey() instanceof String key
              ? key
              : write(entry.getKey(), Arguments.NONE, render));
      out.append(keySeparator);
      append(entry.getValue(), depth + 1);
      first = false;
    }
    close(map.isEmpty(), depth, '}');
  }

  private void separate(boolean first, int depth) {
    if (!first) {
      out.append(itemSeparator);
    }
    newLine(depth);
  }

  private void close(boolean empty, int depth, char bracket) {
    if (!empty) {
      newLine(depth);
    }
    out.append(bracket);
  }

  private void newLine(int depth) {
    if (indent >= 0) {
      out.append('\n').repeat(" ", indent * depth);
    }
  }

  private void quote(String s) {
    render.spend(s.length());
    out.append('"');
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        default -> {
          if (c < 0x20 || (ascii && c > 0x7e)) {
            out.append(String.format("\\u%04x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}

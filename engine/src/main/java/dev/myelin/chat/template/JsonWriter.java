package dev.myelin.chat.template;

/** Python's {@code json.dumps}. */
final class JsonWriter {
  private final Budget budget;
  private final StrBuilder text;
  private final boolean ensureAscii;
  private final Str indent; // null: on one line
  private final Str comma;
  private final Str colon;
  private final boolean sortKeys;

  private JsonWriter(
      Budget budget, boolean ascii, Str indent, Str comma, Str colon, boolean sortKeys) {
    this.budget = budget;
    this.text = new StrBuilder(budget);
    this.ensureAscii = ascii;
    this.indent = indent;
    this.comma = comma;
    this.colon = colon;
    this.sortKeys = sortKeys;
  }

  /**
   * @param options ensure_ascii, indent, separators, sort_keys; each may be null
   */
  static Str dumps(Object value, Object[] options, Budget budget) {
    Str indent = null;
    if (options[1] instanceof Str string) {
      indent = string;
    } else if (options[1] != null && options[1] != None.NONE) {
      int width = Numbers.clampToInt(options[1], "tojson: indent");
      indent = new StrBuilder(budget).repeat(Str.of(" "), width).build();
    }
    Str comma = Str.of(indent == null ? ", " : ",");
    Str colon = Str.of(": ");
    if (options[2] != null && options[2] != None.NONE) {
      Object[] pair = Values.items(options[2], budget);
      if (pair.length != 2 || !(pair[0] instanceof Str a) || !(pair[1] instanceof Str b)) {
        throw new TemplateError("tojson: separators: expected two strings");
      }
      comma = a;
      colon = b;
    }
    boolean ascii = options[0] != null && Values.isTruthy(options[0]);
    boolean sortKeys = options[3] != null && Values.isTruthy(options[3]);
    JsonWriter json = new JsonWriter(budget, ascii, indent, comma, colon, sortKeys);
    json.write(value, 0);
    return json.text.build();
  }

  private void write(Object value, int level) {
    budget.step();
    if (value instanceof Str string) {
      quote(string);
    } else if (value == None.NONE) {
      text.append("null");
    } else if (value instanceof Boolean truth) {
      text.append(truth ? "true" : "false");
    } else if (value instanceof Double real) {
      text.append(floatText(real));
    } else if (Values.isInteger(value)) {
      text.append(Numbers.digits(value, budget));
    } else if (value instanceof PyDict
        || value instanceof PySequence
        || value instanceof PyGenerator) {
      budget.enter(4);
      if (value instanceof PyDict dict) {
        writeDict(dict, level + 1);
      } else {
        writeList(
            value instanceof PyGenerator g ? g.toList(budget) : (PySequence) value, level + 1);
      }
      budget.leave(4);
    } else {
      Values.requireDefined(value);
      throw new TemplateError("'" + Values.typeName(value) + "' cannot be written as JSON");
    }
  }

  private static String floatText(double value) {
    if (Double.isNaN(value)) {
      return "NaN";
    }
    return Double.isInfinite(value) ? (value > 0 ? "Infinity" : "-Infinity") : Floats.repr(value);
  }

  private void writeList(PySequence list, int level) {
    PySequence items = Values.toSequence(list, budget);
    text.append("[");
    for (int i = 0; i < items.size(); i++) {
      separate(i > 0, level);
      write(items.get(i), level);
    }
    close(items.size() > 0, level - 1, "]");
  }

  private void writeDict(PyDict dict, int level) {
    Object[] keys = dict.keys(budget);
    if (sortKeys) {
      MergeSort.sort(keys, keys, false, budget);
    }
    text.append("{");
    for (int i = 0; i < keys.length; i++) {
      separate(i > 0, level);
      writeKey(keys[i]);
      text.append(colon);
      write(dict.get(keys[i], budget), level);
    }
    close(keys.length > 0, level - 1, "}");
  }

  private void writeKey(Object key) {
    if (key instanceof Str string) {
      quote(string);
    } else if (key instanceof PyTuple || key instanceof Undefined) {
      throw new TemplateError(
          "a key of type '" + Values.typeName(key) + "' cannot be written as JSON");
    } else {
      text.append("\"");
      write(key, 0);
      text.append("\"");
    }
  }

  private void separate(boolean more, int level) {
    if (more) {
      text.append(comma);
    }
    newLine(level);
  }

  private void close(boolean any, int level, String bracket) {
    if (any) {
      newLine(level);
    }
    text.append(bracket);
  }

  private void newLine(int level) {
    if (indent != null) {
      text.append("\n").repeat(indent, level);
    }
  }

  private void quote(Str string) {
    String s = string.text;
    text.append("\"");
    int from = 0;
    for (int at = 0; at < s.length(); at++) {
      char c = s.charAt(at);
      if (c < ' ' || c == '"' || c == '\\' || ensureAscii && c > '~') {
        text.append(string, from, at).append(escape(c), string.isTrustedAt(at));
        from = at + 1;
      }
    }
    text.append(string, from, s.length()).append("\"");
  }

  private static String escape(char c) {
    return switch (c) {
      case '"' -> "\\\"";
      case '\\' -> "\\\\";
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      case '\f' -> "\\f";
      case '\b' -> "\\b";
      default -> "\\u" + Repr.hex(c, 4);
    };
  }
}

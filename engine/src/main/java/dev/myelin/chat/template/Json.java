package dev.myelin.chat.template;

/** Python's {@code json.dumps}. */
final class Json {
  private final Budget budget;
  private final StrBuilder text;
  private final boolean ascii;
  private final Str indent; // null: all in one line
  private final Str comma;
  private final Str colon;
  private final boolean sorted;

  private Json(Budget budget, boolean ascii, Str indent, Str comma, Str colon, boolean sorted) {
    this.budget = budget;
    this.text = new StrBuilder(budget);
    this.ascii = ascii;
    this.indent = indent;
    this.comma = comma;
    this.colon = colon;
    this.sorted = sorted;
  }

  /**
   * @param options ensure_ascii, indent, separators, sort_keys; each may be null
   */
  static Str dumps(Object value, Object[] options, Budget budget) {
    Str indent = null;
    if (options[1] instanceof Str string) {
      indent = string;
    } else if (options[1] != null && options[1] != None.NONE) {
      int width = Numbers.count(options[1], "tojson: indent");
      indent = new StrBuilder(budget).repeat(Str.of(" "), width).str();
    }
    Str comma = Str.of(indent == null ? ", " : ",");
    Str colon = Str.of(": ");
    if (options[2] != null && options[2] != None.NONE) {
      Object[] pair = Values.items(options[2], budget);
      if (pair.length != 2 || !(pair[0] instanceof Str a) || !(pair[1] instanceof Str b)) {
        throw new Failure("tojson: separators: expected two strings");
      }
      comma = a;
      colon = b;
    }
    boolean ascii = options[0] != null && Values.truth(options[0]);
    boolean sorted = options[3] != null && Values.truth(options[3]);
    Json json = new Json(budget, ascii, indent, comma, colon, sorted);
    json.write(value, 0);
    return json.text.str();
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
      text.append(real(real));
    } else if (Values.integer(value)) {
      text.append(Numbers.digits(value, budget));
    } else if (value instanceof PyDict || value instanceof PySeq || value instanceof Generator) {
      budget.enter(4);
      if (value instanceof PyDict dict) {
        dict(dict, level + 1);
      } else {
        list(value instanceof Generator g ? g.list(budget) : (PySeq) value, level + 1);
      }
      budget.leave(4);
    } else {
      Values.defined(value);
      throw new Failure("'" + Values.type(value) + "' cannot be written as JSON");
    }
  }

  private static String real(double value) {
    if (Double.isNaN(value)) {
      return "NaN";
    }
    return Double.isInfinite(value) ? (value > 0 ? "Infinity" : "-Infinity") : Reals.repr(value);
  }

  private void list(PySeq list, int level) {
    PySeq items = Values.sequence(list, budget);
    text.append("[");
    for (int i = 0; i < items.size(); i++) {
      separate(i > 0, level);
      write(items.get(i), level);
    }
    close(items.size() > 0, level - 1, "]");
  }

  private void dict(PyDict dict, int level) {
    Object[] keys = dict.keys(budget);
    if (sorted) {
      Sorting.sort(keys, keys, false, budget);
    }
    text.append("{");
    for (int i = 0; i < keys.length; i++) {
      separate(i > 0, level);
      key(keys[i]);
      text.append(colon);
      write(dict.get(keys[i], budget), level);
    }
    close(keys.length > 0, level - 1, "}");
  }

  private void key(Object key) {
    if (key instanceof Str string) {
      quote(string);
    } else if (key instanceof PyTuple || key instanceof Undefined) {
      throw new Failure("a key of type '" + Values.type(key) + "' cannot be written as JSON");
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
    line(level);
  }

  private void close(boolean any, int level, String bracket) {
    if (any) {
      line(level);
    }
    text.append(bracket);
  }

  private void line(int level) {
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
      if (c < ' ' || c == '"' || c == '\\' || ascii && c > '~') {
        text.append(string, from, at).append(escape(c), string.trustedAt(at));
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

package dev.myelin.chat.template;

/** Python's {@code format % values}. */
final class PercentFormat {
  private final Str format;
  private final Object values;
  private final Render render;
  private int at;
  private int used; // items of a tuple

  private PercentFormat(Str format, Object values, Render render) {
    this.format = format;
    this.values = values;
    this.render = render;
  }

  /**
   * @param values a tuple for several, a dict for names, or one value
   */
  static Str format(Str format, Object values, Render render) {
    return new PercentFormat(format, values, render).text().markup(format.markup);
  }

  private Str text() {
    StrBuilder text = new StrBuilder(render.budget);
    int from = 0;
    while ((at = format.text.indexOf('%', from)) >= 0) {
      text.append(format, from, at);
      at++;
      field(text);
      from = at;
    }
    text.append(format, from, format.units());
    boolean left = values instanceof PyTuple tuple ? used < tuple.size() : used == 0;
    if (left && !(values instanceof PyDict)) {
      throw new Failure("'%': not all values are used by the format");
    }
    return text.str();
  }

  private void field(StrBuilder text) {
    render.budget.step();
    int start = at;
    Object named = at < format.units() && format.text.charAt(at) == '(' ? named() : null;
    FormatSpec spec = new FormatSpec();
    flags(spec);
    spec.width = size(spec.width);
    if (spec.width < 0) {
      spec.align = '<';
      spec.width = -spec.width;
    }
    if (next() == '.') {
      at++;
      spec.precision = Math.max(0, size(0));
    }
    while ("hlL".indexOf(next()) >= 0) {
      at++;
    }
    char code = next();
    at++;
    if (code == '%') {
      text.append("%", format.trustedAt(start));
      return;
    }
    spec.code = code;
    text.append(converted(spec, named != null ? named : value()));
  }

  private Object named() {
    int depth = 1;
    int from = ++at;
    while (depth > 0) {
      char c = next();
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      at++;
    }
    if (!(values instanceof PyDict dict)) {
      throw new Failure("'%': a format with names needs a dict");
    }
    Str key = format.cut(from, at - 1);
    Object value = dict.get(key, render.budget);
    if (value == null) {
      throw new Failure("'%': the dict has no key '" + key + "'");
    }
    return value;
  }

  private void flags(FormatSpec spec) {
    while (true) {
      switch (next()) {
        case '-' -> spec.align = '<';
        case '+' -> spec.sign = '+';
        case ' ' -> spec.sign = spec.sign == '+' ? '+' : ' ';
        case '#' -> spec.alternate = true;
        case '0' -> spec.fill = Str.of("0");
        default -> {
          return;
        }
      }
      at++;
    }
  }

  /** A width or precision: digits, or a star for the next value. */
  private int size(int otherwise) {
    if (next() == '*') {
      at++;
      return Numbers.count(value(), "'%': '*'");
    }
    int end = FormatSpec.digits(format.text, at);
    int size = end > at ? FormatSpec.number(format.text, at, end) : otherwise;
    at = end;
    return size;
  }

  private char next() {
    if (at >= format.units()) {
      throw new Failure("'%': the format ends in the middle of a field");
    }
    return format.text.charAt(at);
  }

  private Object value() {
    if (values instanceof PyTuple tuple) {
      if (used >= tuple.size()) {
        throw new Failure("'%': not enough values for the format");
      }
      return tuple.get(used++);
    }
    if (used++ > 0) {
      throw new Failure("'%': not enough values for the format");
    }
    return values;
  }

  private Str converted(FormatSpec spec, Object value) {
    Budget budget = render.budget;
    boolean zeros = spec.fill.text.equals("0") && spec.align != '<';
    spec.fill = Str.of(zeros ? "0" : " ");
    switch (spec.code) {
      case 's', 'r', 'a':
        Str text =
            spec.code == 's'
                ? (format.markup ? Html.escape(value, render) : Repr.text(value, budget))
                : Repr.repr(value, budget);
        return padded(spec, text);
      case 'c':
        spec.precision = -1;
        boolean single = value instanceof Str string && string.length() == 1;
        return padded(spec, single ? (Str) value : FormatSpec.character(value));
      case 'd', 'i', 'u', 'x', 'X', 'o':
        spec.align = spec.align == '<' ? '<' : zeros ? '=' : '>';
        spec.code = spec.code == 'i' || spec.code == 'u' ? 'd' : spec.code;
        return spec.integer(whole(spec, value), budget);
      case 'e', 'E', 'f', 'F', 'g', 'G':
        spec.align = spec.align == '<' ? '<' : zeros ? '=' : '>';
        return spec.real(Numbers.real(number(spec, value)), budget);
      default:
        throw new Failure("'%" + spec.code + "' is not known");
    }
  }

  private Str padded(FormatSpec spec, Str text) {
    spec.fill = Str.of(" ");
    spec.align = spec.align == '<' ? '<' : '>';
    return spec.text(text, render.budget);
  }

  private static Object whole(FormatSpec spec, Object value) {
    Object plain = number(spec, value);
    if (plain instanceof Double real) {
      if (spec.code != 'd' || Double.isNaN(real) || Double.isInfinite(real)) {
        throw new Failure("'%" + spec.code + "': expected a whole number");
      }
      return Numbers.integer(new java.math.BigDecimal(real).toBigInteger());
    }
    return plain;
  }

  private static Object number(FormatSpec spec, Object value) {
    Values.defined(value);
    if (!Values.number(value)) {
      throw new Failure(
          "'%" + spec.code + "': expected a number, not '" + Values.type(value) + "'");
    }
    return Numbers.plain(value);
  }
}

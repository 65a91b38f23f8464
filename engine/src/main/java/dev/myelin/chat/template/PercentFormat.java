package dev.myelin.chat.template;

/** Python's {@code format % values}. */
final class PercentFormat {
  private final Str format;
  private final Object values;
  private final RenderContext context;
  private int position;
  private int usedValues; // of a tuple

  private PercentFormat(Str format, Object values, RenderContext context) {
    this.format = format;
    this.values = values;
    this.context = context;
  }

  /**
   * @param values a tuple of values, a dict of named values, or a single value
   */
  static Str format(Str format, Object values, RenderContext context) {
    return new PercentFormat(format, values, context).expand().markup(format.markup);
  }

  private Str expand() {
    StrBuilder text = new StrBuilder(context.budget);
    int from = 0;
    while ((position = format.text.indexOf('%', from)) >= 0) {
      text.append(format, from, position);
      position++;
      field(text);
      from = position;
    }
    text.append(format, from, format.units());
    boolean left = values instanceof PyTuple tuple ? usedValues < tuple.size() : usedValues == 0;
    if (left && !(values instanceof PyDict)) {
      throw new TemplateError("'%': not all values are used by the format");
    }
    return text.build();
  }

  private void field(StrBuilder text) {
    context.budget.step();
    int start = position;
    Object named =
        position < format.units() && format.text.charAt(position) == '(' ? namedValue() : null;
    FormatSpec spec = new FormatSpec();
    parseFlags(spec);
    spec.width = parseSize(spec.width);
    if (spec.width < 0) {
      spec.align = '<';
      spec.width = -spec.width;
    }
    if (peek() == '.') {
      position++;
      spec.precision = Math.max(0, parseSize(0));
    }
    while ("hlL".indexOf(peek()) >= 0) {
      position++;
    }
    char code = peek();
    position++;
    if (code == '%') {
      text.append("%", format.isTrustedAt(start));
      return;
    }
    spec.type = code;
    text.append(convert(spec, named != null ? named : nextValue()));
  }

  private Object namedValue() {
    int depth = 1;
    int from = ++position;
    while (depth > 0) {
      char c = peek();
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      position++;
    }
    if (!(values instanceof PyDict dict)) {
      throw new TemplateError("'%': a format with names needs a dict");
    }
    Str key = format.substring(from, position - 1);
    Object value = dict.get(key, context.budget);
    if (value == null) {
      throw new TemplateError("'%': the dict has no key '" + key + "'");
    }
    return value;
  }

  private void parseFlags(FormatSpec spec) {
    while (true) {
      switch (peek()) {
        case '-' -> spec.align = '<';
        case '+' -> spec.sign = '+';
        case ' ' -> spec.sign = spec.sign == '+' ? '+' : ' ';
        case '#' -> spec.alternate = true;
        case '0' -> spec.fill = Str.of("0");
        default -> {
          return;
        }
      }
      position++;
    }
  }

  /** A width or precision: digits, or * for the next value. */
  private int parseSize(int defaultSize) {
    if (peek() == '*') {
      position++;
      return Numbers.clampToInt(nextValue(), "'%': '*'");
    }
    int end = FormatSpec.digits(format.text, position);
    int size = end > position ? FormatSpec.parseInt(format.text, position, end) : defaultSize;
    position = end;
    return size;
  }

  private char peek() {
    if (position >= format.units()) {
      throw new TemplateError("'%': the format ends in the middle of a field");
    }
    return format.text.charAt(position);
  }

  private Object nextValue() {
    if (values instanceof PyTuple tuple) {
      if (usedValues >= tuple.size()) {
        throw new TemplateError("'%': not enough values for the format");
      }
      return tuple.get(usedValues++);
    }
    if (usedValues++ > 0) {
      throw new TemplateError("'%': not enough values for the format");
    }
    return values;
  }

  private Str convert(FormatSpec spec, Object value) {
    Budget budget = context.budget;
    boolean zeros = spec.fill.text.equals("0") && spec.align != '<';
    spec.fill = Str.of(zeros ? "0" : " ");
    switch (spec.type) {
      case 's', 'r', 'a':
        Str text =
            spec.type == 's'
                ? (format.markup ? Html.escape(value, context) : Repr.str(value, budget))
                : Repr.repr(value, budget);
        return pad(spec, text);
      case 'c':
        spec.precision = -1;
        boolean single = value instanceof Str string && string.length() == 1;
        return pad(spec, single ? (Str) value : FormatSpec.character(value));
      case 'd', 'i', 'u', 'x', 'X', 'o':
        spec.align = spec.align == '<' ? '<' : zeros ? '=' : '>';
        spec.type = spec.type == 'i' || spec.type == 'u' ? 'd' : spec.type;
        return spec.formatInteger(requireInteger(spec, value), budget);
      case 'e', 'E', 'f', 'F', 'g', 'G':
        spec.align = spec.align == '<' ? '<' : zeros ? '=' : '>';
        return spec.formatFloat(Numbers.toDouble(requireNumber(spec, value)), budget);
      default:
        throw new TemplateError("'%" + spec.type + "' is not known");
    }
  }

  private Str pad(FormatSpec spec, Str text) {
    spec.fill = Str.of(" ");
    spec.align = spec.align == '<' ? '<' : '>';
    return spec.formatText(text, context.budget);
  }

  private static Object requireInteger(FormatSpec spec, Object value) {
    Object plain = requireNumber(spec, value);
    if (plain instanceof Double real) {
      if (spec.type != 'd' || Double.isNaN(real) || Double.isInfinite(real)) {
        throw new TemplateError("'%" + spec.type + "': expected a whole number");
      }
      return Numbers.normalize(new java.math.BigDecimal(real).toBigInteger());
    }
    return plain;
  }

  private static Object requireNumber(FormatSpec spec, Object value) {
    Values.requireDefined(value);
    if (!Values.isNumber(value)) {
      throw new TemplateError(
          "'%" + spec.type + "': expected a number, not '" + Values.typeName(value) + "'");
    }
    return Numbers.boolToInt(value);
  }
}

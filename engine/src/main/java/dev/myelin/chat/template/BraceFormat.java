package dev.myelin.chat.template;

/** Python's {@code str.format}. */
final class BraceFormat {
  private final Str format;
  private final CallArguments args;
  private final RenderContext context;
  private int nextAutoIndex; // fields without a name so far

  private BraceFormat(Str format, CallArguments args, RenderContext context) {
    this.format = format;
    this.args = args;
    this.context = context;
  }

  static Str format(Str format, CallArguments args, RenderContext context) {
    BraceFormat fields = new BraceFormat(format, args, context);
    return fields.expand(0, format.units(), true).markup(format.markup);
  }

  /** The text between two offsets, with its replacement fields expanded. */
  private Str expand(int from, int to, boolean allowNested) {
    StrBuilder text = new StrBuilder(context.budget);
    String s = format.text;
    int copied = from;
    for (int at = from; at < to; at++) {
      char c = s.charAt(at);
      if (c != '{' && c != '}') {
        continue;
      }
      text.append(format, copied, at);
      if (at + 1 < to && s.charAt(at + 1) == c && allowNested) {
        text.append(format, at, at + 1);
        at++;
      } else if (c == '}') {
        throw new TemplateError("format: a single '}'");
      } else {
        int end = closingBrace(at, to);
        text.append(field(at + 1, end, allowNested));
        at = end;
      }
      copied = at + 1;
    }
    return text.append(format, copied, to).build();
  }

  private int closingBrace(int open, int to) {
    int depth = 0;
    for (int at = open; at < to; at++) {
      char c = format.text.charAt(at);
      depth += c == '{' ? 1 : c == '}' ? -1 : 0;
      if (depth == 0) {
        return at;
      }
    }
    throw new TemplateError("format: a '{' is not closed");
  }

  private Str field(int from, int to, boolean allowNested) {
    context.budget.step();
    String s = format.text;
    int end = from;
    while (end < to && s.charAt(end) != ':' && s.charAt(end) != '!') {
      end = s.charAt(end) == '[' ? closingBracket(end, to) + 1 : end + 1;
    }
    Object value = value(from, end);
    if (end < to && s.charAt(end) == '!') {
      char conversion = end + 1 < to ? s.charAt(end + 1) : 0;
      if (conversion != 'r' && conversion != 's' && conversion != 'a'
          || end + 2 < to && s.charAt(end + 2) != ':') {
        throw new TemplateError("format: '!' needs r, s or a after it");
      }
      value =
          conversion == 's' ? Repr.str(value, context.budget) : Repr.repr(value, context.budget);
      end += 2;
    }
    if (end >= to) {
      return toText(value);
    }
    if (!allowNested) {
      throw new TemplateError("format: a specification in a specification");
    }
    Str spec = expand(end + 1, to, false);
    return spec.isEmpty() ? toText(value) : FormatSpec.parse(spec).apply(value, context);
  }

  private Str toText(Object value) {
    return format.markup ? Html.escape(value, context) : Repr.str(value, context.budget);
  }

  private int closingBracket(int at, int to) {
    int close = format.text.indexOf(']', at);
    if (close < 0 || close >= to) {
      throw new TemplateError("format: a '[' is not closed");
    }
    return close;
  }

  /** The argument with its attributes and items: {@code 0.name[key]}. */
  private Object value(int from, int to) {
    String s = format.text;
    int end = from;
    while (end < to && s.charAt(end) != '.' && s.charAt(end) != '[') {
      end++;
    }
    Object value = argument(s.substring(from, end));
    while (end < to) {
      boolean item = s.charAt(end) == '[';
      if (!item && s.charAt(end) != '.') {
        throw new TemplateError("format: ']' needs '.' or '[' after it");
      }
      int start = end + 1;
      end = start;
      while (end < to
          && (item ? s.charAt(end) != ']' : s.charAt(end) != '.' && s.charAt(end) != '[')) {
        end++;
      }
      Str name = format.substring(start, end);
      if (name.isEmpty()) {
        throw new TemplateError("format: empty attribute or item name");
      }
      if (item) {
        boolean index = FormatSpec.digits(name.text, 0) == name.units() && name.units() < 10;
        value = Lookup.getItem(value, index ? (Object) Long.valueOf(name.text) : name, context);
        end++;
      } else {
        value = Lookup.getAttribute(value, name.text, context);
      }
    }
    return value;
  }

  private Object argument(String name) {
    if (name.isEmpty() || FormatSpec.digits(name, 0) == name.length()) {
      int index = name.isEmpty() ? nextAutoIndex++ : FormatSpec.parseInt(name, 0, name.length());
      if (index >= args.positional().size()) {
        throw new TemplateError("format: argument " + index + " is missing");
      }
      return args.positional().get(index);
    }
    Object value = args.keywords().get(name);
    if (value == null) {
      throw new TemplateError("format: argument '" + name + "' is missing");
    }
    return value;
  }
}

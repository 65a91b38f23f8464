package dev.myelin.chat.template;

/** Python's {@code str.format}. */
final class BraceFormat {
  private final Str format;
  private final Args args;
  private final Render render;
  private int automatic; // fields without a name so far

  private BraceFormat(Str format, Args args, Render render) {
    this.format = format;
    this.args = args;
    this.render = render;
  }

  static Str format(Str format, Args args, Render render) {
    BraceFormat fields = new BraceFormat(format, args, render);
    return fields.text(0, format.units(), true).markup(format.markup);
  }

  /** The text between two offsets, with its fields filled in. */
  private Str text(int from, int to, boolean nested) {
    StrBuilder text = new StrBuilder(render.budget);
    String s = format.text;
    int done = from;
    for (int at = from; at < to; at++) {
      char c = s.charAt(at);
      if (c != '{' && c != '}') {
        continue;
      }
      text.append(format, done, at);
      if (at + 1 < to && s.charAt(at + 1) == c && nested) {
        text.append(format, at, at + 1);
        at++;
      } else if (c == '}') {
        throw new Failure("format: a single '}'");
      } else {
        int end = close(at, to);
        text.append(field(at + 1, end, nested));
        at = end;
      }
      done = at + 1;
    }
    return text.append(format, done, to).str();
  }

  private int close(int open, int to) {
    int depth = 0;
    for (int at = open; at < to; at++) {
      char c = format.text.charAt(at);
      depth += c == '{' ? 1 : c == '}' ? -1 : 0;
      if (depth == 0) {
        return at;
      }
    }
    throw new Failure("format: a '{' is not closed");
  }

  private Str field(int from, int to, boolean nested) {
    render.budget.step();
    String s = format.text;
    int end = from;
    while (end < to && s.charAt(end) != ':' && s.charAt(end) != '!') {
      end = s.charAt(end) == '[' ? bracket(end, to) + 1 : end + 1;
    }
    Object value = value(from, end);
    if (end < to && s.charAt(end) == '!') {
      char conversion = end + 1 < to ? s.charAt(end + 1) : 0;
      if (conversion != 'r' && conversion != 's' && conversion != 'a'
          || end + 2 < to && s.charAt(end + 2) != ':') {
        throw new Failure("format: '!' needs r, s or a after it");
      }
      value = conversion == 's' ? Repr.text(value, render.budget) : Repr.repr(value, render.budget);
      end += 2;
    }
    if (end >= to) {
      return shown(value);
    }
    if (!nested) {
      throw new Failure("format: a specification in a specification");
    }
    Str spec = text(end + 1, to, false);
    return spec.isEmpty() ? shown(value) : FormatSpec.parse(spec).apply(value, render);
  }

  private Str shown(Object value) {
    return format.markup ? Html.escape(value, render) : Repr.text(value, render.budget);
  }

  private int bracket(int at, int to) {
    int close = format.text.indexOf(']', at);
    if (close < 0 || close >= to) {
      throw new Failure("format: a '[' is not closed");
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
        throw new Failure("format: ']' needs '.' or '[' after it");
      }
      int start = end + 1;
      end = start;
      while (end < to
          && (item ? s.charAt(end) != ']' : s.charAt(end) != '.' && s.charAt(end) != '[')) {
        end++;
      }
      Str name = format.cut(start, end);
      if (name.isEmpty()) {
        throw new Failure("format: an attribute or item without a name");
      }
      if (item) {
        boolean index = FormatSpec.digits(name.text, 0) == name.units() && name.units() < 10;
        value = Attributes.item(value, index ? (Object) Long.valueOf(name.text) : name, render);
        end++;
      } else {
        value = Attributes.attribute(value, name.text, render);
      }
    }
    return value;
  }

  private Object argument(String name) {
    if (name.isEmpty() || FormatSpec.digits(name, 0) == name.length()) {
      int index = name.isEmpty() ? automatic++ : FormatSpec.number(name, 0, name.length());
      if (index >= args.positional().size()) {
        throw new Failure("format: argument " + index + " is missing");
      }
      return args.positional().get(index);
    }
    Object value = args.named().get(name);
    if (value == null) {
      throw new Failure("format: argument '" + name + "' is missing");
    }
    return value;
  }
}

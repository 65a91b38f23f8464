package dev.myelin.chat.template;

/** HTML escaping, as in Jinja2. */
final class Html {
  private static final int MAX_ENTITY_LENGTH = 11; // such as &#x10ffff;

  private Html() {}

  /** Jinja2's {@code escape}: text marked as safe is not escaped. */
  static Str escape(Object value, RenderContext context) {
    Str text = Repr.str(value, context.budget);
    return text.markup ? text : forceEscape(text, context);
  }

  static Str forceEscape(Str text, RenderContext context) {
    String s = text.text;
    StrBuilder result = new StrBuilder(context.budget);
    int from = 0;
    for (int at = 0; at < s.length(); at++) {
      String entity =
          switch (s.charAt(at)) {
            case '&' -> "&amp;";
            case '<' -> "&lt;";
            case '>' -> "&gt;";
            case '\'' -> "&#39;";
            case '"' -> "&#34;";
            default -> null;
          };
      if (entity != null) {
        result.append(text, from, at).append(entity, text.isTrustedAt(at));
        from = at + 1;
      }
    }
    return result.append(text, from, s.length()).build().markup(true);
  }

  /** Removes comments and tags, and collapses white space. */
  static Str striptags(Str text, RenderContext context) {
    Str plain = removeBetween(removeBetween(text, "<!--", "-->", context), "<", ">", context);
    StrBuilder result = new StrBuilder(context.budget);
    String s = plain.text;
    boolean gap = false;
    for (int at = 0; at < s.length(); at++) {
      if (CharClasses.isSpace(s.charAt(at))) {
        gap = result.length() > 0;
        continue;
      }
      if (gap) {
        result.append(" ", plain.isTrustedAt(at));
        gap = false;
      }
      result.append(plain, at, at + 1);
    }
    return unescape(result.build(), context);
  }

  private static Str removeBetween(Str text, String begin, String end, RenderContext context) {
    StrBuilder result = new StrBuilder(context.budget);
    int from = 0;
    for (int at; (at = text.text.indexOf(begin, from)) >= 0; ) {
      int close = text.text.indexOf(end, at + begin.length());
      if (close < 0) {
        break;
      }
      result.append(text, from, at);
      from = close + end.length();
    }
    return result.append(text, from, text.units()).build();
  }

  /** Replaces named and numeric entities by their characters. */
  private static Str unescape(Str text, RenderContext context) {
    String s = text.text;
    StrBuilder result = new StrBuilder(context.budget);
    int from = 0;
    for (int at; (at = s.indexOf('&', from)) >= 0; ) {
      result.append(text, from, at);
      int end = s.indexOf(';', at, Math.min(at + MAX_ENTITY_LENGTH, s.length()));
      int point = end < 0 ? -1 : parseEntity(s.substring(at + 1, end));
      from = point < 0 ? at + 1 : end + 1;
      result.append(point < 0 ? '&' : point, text.isTrustedAt(at));
    }
    return result.append(text, from, s.length()).build();
  }

  private static int parseEntity(String name) {
    switch (name) {
      case "amp":
        return '&';
      case "lt":
        return '<';
      case "gt":
        return '>';
      case "quot":
        return '"';
      case "apos":
        return '\'';
      case "nbsp":
        return 0xa0;
      default:
        if (name.length() < 2 || name.charAt(0) != '#') {
          return -1;
        }
        boolean hex = (name.charAt(1) | 0x20) == 'x';
        int value = 0;
        for (int i = hex ? 2 : 1; i < name.length(); i++) {
          int digit = Character.digit(name.charAt(i), hex ? 16 : 10);
          if (digit < 0) {
            return -1;
          }
          value = value * (hex ? 16 : 10) + digit;
        }
        return Character.isValidCodePoint(value) && value > 0 ? value : -1;
    }
  }

  /** Formats the attributes of a tag: {@code a="b"}. */
  static Str xmlAttributes(PyDict dict, boolean space, RenderContext context) {
    StrBuilder result = new StrBuilder(context.budget);
    for (PyDict.Entry entry : dict.entries()) {
      if (entry.value == None.NONE || entry.value instanceof Undefined) {
        continue;
      }
      Str name = Repr.str(entry.key, context.budget);
      for (int i = 0; i < name.units(); i++) {
        char c = name.text.charAt(i);
        if (CharClasses.isSpace(c) || c == '/' || c == '>' || c == '=') {
          throw new TemplateError("xmlattr: '" + name + "' is not an attribute name");
        }
      }
      result.append(result.length() > 0 || space ? " " : "").append(escape(name, context));
      result.append("=\"").append(escape(entry.value, context)).append("\"");
    }
    return result.build().markup(context.autoescape);
  }
}

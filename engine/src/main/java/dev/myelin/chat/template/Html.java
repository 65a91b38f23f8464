package dev.myelin.chat.template;

/** Escapes of HTML, which prompts seldom want, but which Jinja2 has. */
final class Html {
  private static final int ENTITY = 11; // characters of the longest, such as &#x10ffff;

  private Html() {}

  /** Jinja2's {@code escape}: what is marked as safe stays. */
  static Str escape(Object value, Render render) {
    Str text = Repr.text(value, render.budget);
    return text.markup ? text : forced(text, render);
  }

  static Str forced(Str text, Render render) {
    String s = text.text;
    StrBuilder made = new StrBuilder(render.budget);
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
        made.append(text, from, at).append(entity, text.trustedAt(at));
        from = at + 1;
      }
    }
    return made.append(text, from, s.length()).str().markup(true);
  }

  /** The text without comments and tags, and with single spaces. */
  static Str striptags(Str text, Render render) {
    Str plain = without(without(text, "<!--", "-->", render), "<", ">", render);
    StrBuilder made = new StrBuilder(render.budget);
    String s = plain.text;
    boolean gap = false;
    for (int at = 0; at < s.length(); at++) {
      if (Chars.space(s.charAt(at))) {
        gap = made.length() > 0;
        continue;
      }
      if (gap) {
        made.append(" ", plain.trustedAt(at));
        gap = false;
      }
      made.append(plain, at, at + 1);
    }
    return unescape(made.str(), render);
  }

  private static Str without(Str text, String begin, String end, Render render) {
    StrBuilder made = new StrBuilder(render.budget);
    int from = 0;
    for (int at; (at = text.text.indexOf(begin, from)) >= 0; ) {
      int close = text.text.indexOf(end, at + begin.length());
      if (close < 0) {
        break;
      }
      made.append(text, from, at);
      from = close + end.length();
    }
    return made.append(text, from, text.units()).str();
  }

  /** The entities that {@code escape} writes, and numbers, as characters. */
  private static Str unescape(Str text, Render render) {
    String s = text.text;
    StrBuilder made = new StrBuilder(render.budget);
    int from = 0;
    for (int at; (at = s.indexOf('&', from)) >= 0; ) {
      made.append(text, from, at);
      int end = s.indexOf(';', at, Math.min(at + ENTITY, s.length()));
      int point = end < 0 ? -1 : entity(s.substring(at + 1, end));
      from = point < 0 ? at + 1 : end + 1;
      made.append(point < 0 ? '&' : point, text.trustedAt(at));
    }
    return made.append(text, from, s.length()).str();
  }

  private static int entity(String name) {
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

  /** Attributes of a tag: {@code a="b"}. */
  static Str attributes(PyDict dict, boolean space, Render render) {
    StrBuilder made = new StrBuilder(render.budget);
    for (PyDict.Entry entry : dict.entries()) {
      if (entry.value == None.NONE || entry.value instanceof Undefined) {
        continue;
      }
      Str name = Repr.text(entry.key, render.budget);
      for (int i = 0; i < name.units(); i++) {
        char c = name.text.charAt(i);
        if (Chars.space(c) || c == '/' || c == '>' || c == '=') {
          throw new Failure("xmlattr: '" + name + "' is no name of an attribute");
        }
      }
      made.append(made.length() > 0 || space ? " " : "").append(escape(name, render));
      made.append("=\"").append(escape(entry.value, render)).append("\"");
    }
    return made.str().markup(render.autoescape);
  }
}

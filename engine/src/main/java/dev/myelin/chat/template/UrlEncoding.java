package dev.myelin.chat.template;

import java.nio.charset.StandardCharsets;

/** Percent encoding. */
final class UrlEncoding {
  private UrlEncoding() {}

  static Str encode(Object value, RenderContext context) {
    StrBuilder text = new StrBuilder(context.budget);
    if (!(value instanceof PyDict) && !(value instanceof PySequence)) {
      quote(Repr.str(value, context.budget), false, text);
      return text.build();
    }
    Object pairs = value instanceof PyDict d ? new DictView(d, DictView.Kind.ITEMS) : value;
    for (Object item : Values.items(pairs, context.budget)) {
      Object[] pair = Values.items(item, context.budget);
      if (pair.length != 2) {
        throw new TemplateError("urlencode: expected pairs, not " + pair.length + " values");
      }
      text.append(text.length() > 0 ? "&" : "");
      quote(Repr.str(pair[0], context.budget), true, text);
      text.append("=");
      quote(Repr.str(pair[1], context.budget), true, text);
    }
    return text.build();
  }

  private static void quote(Str s, boolean query, StrBuilder text) {
    for (int at = 0; at < s.units(); ) {
      int c = s.text.codePointAt(at);
      boolean trusted = s.isTrustedAt(at);
      if (c < 128 && (Character.isLetterOrDigit(c) || "_.-~".indexOf(c) >= 0)
          || c == '/' && !query) {
        text.append(c, trusted);
      } else if (c == ' ' && query) {
        text.append("+", trusted);
      } else {
        for (byte b : Character.toString(c).getBytes(StandardCharsets.UTF_8)) {
          text.append("%", trusted).append(hex(b), trusted);
        }
      }
      at += Character.charCount(c);
    }
  }

  private static String hex(byte b) {
    String digits = "0123456789ABCDEF";
    return "" + digits.charAt(b >> 4 & 15) + digits.charAt(b & 15);
  }
}

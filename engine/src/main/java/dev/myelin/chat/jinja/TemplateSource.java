package dev.myelin.chat.jinja;

/**
 * Rewrites a template so that Jinjava's scanner reads what Jinja2's would: all white space control
 * (the signs - and +, and the settings trim_blocks and lstrip_blocks, which chat templates assume)
 * is carried out here, comments and raw blocks are resolved, and braces that would be taken for
 * delimiters are kept apart. Lines keep their numbers: line breaks that go away in the text come
 * back inside a comment.
 */
final class TemplateSource {
  private final String source;
  private final StringBuilder out = new StringBuilder();
  private int position;
  private boolean lineStart = true; // whether what was last read ended a line

  private TemplateSource(String source) {
    this.source = source;
  }

  static String rewrite(String template) {
    String source = template.replace("\r\n", "\n").replace('\r', '\n');
    if (source.endsWith("\n")) {
      source = source.substring(0, source.length() - 1);
    }
    return new TemplateSource(source).rewrite();
  }

  private String rewrite() {
    while (true) {
      int start = nextDelimiter(position);
      if (start < 0) {
        text(source.substring(position));
        return out.toString();
      }
      textBefore(start);
      char kind = source.charAt(start + 1);
      position = start + 2 + (isSign(start + 2, kind) ? 1 : 0);
      switch (kind) {
        case '#' -> comment();
        case '{' -> expression();
        default -> tag();
      }
      lineStart = source.charAt(position - 1) == '\n';
    }
  }

  private int nextDelimiter(int from) {
    for (int i = source.indexOf('{', from); i >= 0; i = source.indexOf('{', i + 1)) {
      if (i + 1 < source.length() && "{%#".indexOf(source.charAt(i + 1)) >= 0) {
        return i;
      }
    }
    return -1;
  }

  private boolean isSign(int at, char kind) {
    if (at >= source.length()) {
      return false;
    }
    char c = source.charAt(at);
    return c == '-' || (c == '+' && kind != '{');
  }

  /** The text up to a delimiter, stripped as its sign or the settings say. */
  private void textBefore(int start) {
    String text = source.substring(position, start);
    char kind = source.charAt(start + 1);
    char sign = start + 2 < source.length() ? source.charAt(start + 2) : ' ';
    int end = text.length();
    if (sign == '-') {
      end = text.stripTrailing().length();
    } else if (kind != '{' && sign != '+') {
      int line = text.lastIndexOf('\n') + 1;
      if ((line > 0 || lineStart) && text.substring(line).isBlank()) {
        end = line;
      }
    }
    text(text.substring(0, end));
    lineBreaks(text.substring(end));
  }

  private void comment() {
    int end = source.indexOf("#}", position);
    if (end < 0) {
      throw failure("a comment is not closed");
    }
    lineBreaks(source.substring(position, end));
    position = end + 2;
    skipAfter(end > 0 ? source.charAt(end - 1) : ' ', true);
  }

  private void expression() {
    int end = bodyEnd("}}");
    boolean strip = source.charAt(end - 1) == '-' && end > position;
    emit("{{ ", source.substring(position, strip ? end - 1 : end), " }}");
    position = end + 2;
    skipAfter(strip ? '-' : ' ', false);
  }

  private void tag() {
    int end = bodyEnd("%}");
    char sign = end > position ? source.charAt(end - 1) : ' ';
    boolean signed = sign == '-' || sign == '+';
    String body = source.substring(position, signed ? end - 1 : end);
    position = end + 2;
    if (body.strip().equals("raw")) {
      raw(sign);
    } else {
      emit("{% ", body, " %}");
      skipAfter(sign, true);
    }
  }

  /** Everything up to endraw is text. */
  private void raw(char sign) {
    skipAfter(sign == '-' ? '-' : '+', true); // a raw tag keeps the line break after it
    int start = position;
    for (int i = source.indexOf("{%", start); i >= 0; i = source.indexOf("{%", i + 2)) {
      int close = source.indexOf("%}", i);
      if (close < 0) {
        break;
      }
      String body = source.substring(i + 2, close);
      String name = body.replaceAll("^[-+]|[-+]$", "").strip();
      if (name.equals("endraw")) {
        textBefore(i);
        position = close + 2;
        skipAfter(body.charAt(body.length() - 1), true);
        return;
      }
    }
    throw failure("a raw block is not closed");
  }

  /** Skips what follows a delimiter: all white space after -, one line break after a tag. */
  private void skipAfter(char sign, boolean trimmed) {
    int start = position;
    if (sign == '-') {
      while (position < source.length() && Character.isWhitespace(source.charAt(position))) {
        position++;
      }
    } else if (trimmed && sign != '+' && source.startsWith("\n", position)) {
      position++;
    }
    lineBreaks(source.substring(start, position));
  }

  /** Where the body at {@code position} ends: outside of strings and brackets. */
  private int bodyEnd(String closing) {
    int depth = 0;
    for (int i = position; i < source.length(); i++) {
      char c = source.charAt(i);
      if (depth == 0 && source.startsWith(closing, i)) {
        return i;
      }
      switch (c) {
        case '"', '\'' -> i = stringEnd(i);
        case '(', '[', '{' -> depth++;
        case ')', ']', '}' -> depth--;
        default -> {}
      }
    }
    throw failure("'" + closing + "' is missing");
  }

  private int stringEnd(int start) {
    for (int i = start + 1; i < source.length(); i++) {
      if (source.charAt(i) == '\\') {
        i++;
      } else if (source.charAt(i) == source.charAt(start)) {
        return i;
      }
    }
    throw failure("a string is not closed");
  }

  /** A body whose own braces cannot be mistaken for delimiters. */
  private void emit(String opening, String body, String closing) {
    out.append(opening);
    char quote = 0;
    for (int i = 0; i < body.length(); i++) {
      char c = body.charAt(i);
      out.append(c);
      if (quote != 0) {
        if (c == '\\' && i + 1 < body.length()) {
          out.append(body.charAt(++i));
        } else if (c == quote) {
          quote = 0;
        }
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '{' || c == '}') {
        out.append(' ');
      }
    }
    out.append(closing);
  }

  private void text(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean delimiter =
          c == '{' && (i + 1 == text.length() || "{%#".indexOf(text.charAt(i + 1)) >= 0);
      out.append(delimiter ? "{{ '{' }}" : String.valueOf(c));
    }
  }

  private RenderFailure failure(String message) {
    long line = 1 + source.substring(0, position).chars().filter(c -> c == '\n').count();
    return new RenderFailure(message, (int) line);
  }

  private void lineBreaks(String dropped) {
    long count = dropped.chars().filter(c -> c == '\n').count();
    if (count > 0) {
      out.append("{#").repeat("\n", (int) count).append("#}");
    }
  }
}

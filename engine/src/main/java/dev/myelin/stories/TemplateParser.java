package dev.myelin.stories;

import java.util.ArrayList;
import java.util.List;

/** Reads a line of the grammar. */
final class TemplateParser {
  private final String text;
  private int at;

  private TemplateParser(String text) {
    this.text = text;
  }

  static Part parse(String text) {
    TemplateParser parser = new TemplateParser(text);
    Part part = parser.sequence();
    if (parser.at < text.length()) {
      throw parser.wrong("a '" + text.charAt(parser.at) + "' without its beginning");
    }
    return part;
  }

  private Part sequence() {
    List<Part> parts = new ArrayList<>();
    StringBuilder plain = new StringBuilder();
    while (at < text.length() && "|}".indexOf(text.charAt(at)) < 0) {
      char c = text.charAt(at);
      if (c == '{' || c == '[' || c == '<' || text.startsWith("//", at)) {
        flush(plain, parts);
        parts.add(
            switch (c) {
              case '{' -> choice();
              case '[' -> slot(until(']'));
              case '<' -> new Part.Call(until('>'));
              default -> {
                at += 2;
                yield new Part.Break();
              }
            });
      } else {
        plain.append(c);
        at++;
      }
    }
    flush(plain, parts);
    return parts.size() == 1 ? parts.getFirst() : new Part.Sequence(List.copyOf(parts));
  }

  private static void flush(StringBuilder plain, List<Part> parts) {
    if (!plain.isEmpty()) {
      parts.add(new Part.Text(plain.toString()));
      plain.setLength(0);
    }
  }

  private Part choice() {
    List<Part> options = new ArrayList<>();
    do {
      at++;
      options.add(sequence());
    } while (at < text.length() && text.charAt(at) == '|');
    if (at == text.length()) {
      throw wrong("a '{' without its end");
    }
    at++;
    return new Part.Choice(List.copyOf(options));
  }

  private Part slot(String inside) {
    boolean capital = inside.startsWith("^");
    String path = capital ? inside.substring(1) : inside;
    int dot = path.indexOf('.');
    return dot < 0
        ? new Part.Slot(path, "", capital)
        : new Part.Slot(path.substring(0, dot), path.substring(dot + 1), capital);
  }

  private String until(char end) {
    int close = text.indexOf(end, at);
    if (close < 0) {
      throw wrong("no '" + end + "' after column " + at);
    }
    String inside = text.substring(at + 1, close);
    at = close + 1;
    return inside;
  }

  private IllegalStateException wrong(String what) {
    return new IllegalStateException("grammar: " + text + ": " + what);
  }
}

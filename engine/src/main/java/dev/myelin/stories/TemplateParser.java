package dev.myelin.stories;

import java.util.ArrayList;
import java.util.List;

/** Parses the template of a grammar line. */
final class TemplateParser {
  private final String text;
  private int position;

  private TemplateParser(String text) {
    this.text = text;
  }

  static Template parse(String text) {
    TemplateParser parser = new TemplateParser(text);
    Template template = parser.sequence();
    if (parser.position < text.length()) {
      throw parser.error("a '" + text.charAt(parser.position) + "' without an opening bracket");
    }
    return template;
  }

  private Template sequence() {
    List<Template> parts = new ArrayList<>();
    StringBuilder plain = new StringBuilder();
    while (position < text.length() && "|}".indexOf(text.charAt(position)) < 0) {
      char c = text.charAt(position);
      if (c == '{' || c == '[' || c == '<' || text.startsWith("//", position)) {
        flush(plain, parts);
        parts.add(
            switch (c) {
              case '{' -> choice();
              case '[' -> slot(readUntil(']'));
              case '<' -> new Template.RuleCall(readUntil('>'));
              default -> {
                position += 2;
                yield new Template.ParagraphBreak();
              }
            });
      } else {
        plain.append(c);
        position++;
      }
    }
    flush(plain, parts);
    return parts.size() == 1 ? parts.getFirst() : new Template.Sequence(List.copyOf(parts));
  }

  private static void flush(StringBuilder plain, List<Template> parts) {
    if (!plain.isEmpty()) {
      parts.add(new Template.Text(plain.toString()));
      plain.setLength(0);
    }
  }

  private Template choice() {
    List<Template> options = new ArrayList<>();
    do {
      position++;
      options.add(sequence());
    } while (position < text.length() && text.charAt(position) == '|');
    if (position == text.length()) {
      throw error("a '{' without a closing bracket");
    }
    position++;
    return new Template.Choice(List.copyOf(options));
  }

  private Template slot(String content) {
    boolean capitalized = content.startsWith("^");
    String path = capitalized ? content.substring(1) : content;
    int dot = path.indexOf('.');
    return dot < 0
        ? new Template.Slot(path, "", capitalized)
        : new Template.Slot(path.substring(0, dot), path.substring(dot + 1), capitalized);
  }

  private String readUntil(char end) {
    int close = text.indexOf(end, position);
    if (close < 0) {
      throw error("no '" + end + "' after column " + position);
    }
    String content = text.substring(position + 1, close);
    position = close + 1;
    return content;
  }

  private IllegalStateException error(String what) {
    return new IllegalStateException("grammar: " + text + ": " + what);
  }
}

package dev.myelin.chat.template;

import dev.myelin.chat.template.Token.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * Splits a template into tokens, as Jinja2 does with {@code trim_blocks} and {@code lstrip_blocks}:
 * the line feed after a tag goes, and the white space before a tag that begins a line. Linear in
 * the template's length.
 */
final class Lexer {
  private final String source; // its only line ends are line feeds
  private final List<Token> tokens = new ArrayList<>();
  private int pos;

  private Lexer(String source) {
    this.source = source;
  }

  static List<Token> lex(String source) {
    Lexer lexer = new Lexer(source);
    lexer.template();
    lexer.add(Kind.END, "the end of the template", source.length());
    return lexer.tokens;
  }

  private void template() {
    int from = 0;
    int at;
    while ((at = opening()) >= 0) {
      char kind = source.charAt(at + 1);
      char sign = sign(at + 2);
      data(from, at, sign, kind != '{');
      pos = at + (sign == 0 ? 2 : 3);
      if (kind == '#') {
        comment(at);
      } else if (kind == '{') {
        tag(at, "}}");
      } else if (!raw(at)) {
        tag(at, "%}");
      }
      from = pos;
    }
    data(from, source.length(), '+', false);
  }

  /** Offset of the brace that begins the next tag; -1 if there is none. */
  private int opening() {
    for (int at = pos; (at = source.indexOf('{', at)) >= 0 && at + 1 < source.length(); at++) {
      char next = source.charAt(at + 1);
      if (next == '{' || next == '%' || next == '#') {
        return at;
      }
    }
    return -1;
  }

  /** The - or + at an offset, or 0. */
  private char sign(int at) {
    char c = at < source.length() ? source.charAt(at) : 0;
    return c == '-' || c == '+' ? c : 0;
  }

  private void data(int from, int to, char sign, boolean tag) {
    int end = to;
    if (sign == '-') {
      while (end > from && Chars.space(source.charAt(end - 1))) {
        end--;
      }
    } else if (sign == 0 && tag) {
      int start = to;
      while (start > from && source.charAt(start - 1) != '\n' && space(start - 1)) {
        start--;
      }
      if (start == 0 || source.charAt(start - 1) == '\n') {
        end = start;
      }
    }
    if (end > from) {
      add(Kind.DATA, source.substring(from, end), from);
    }
  }

  private void comment(int at) {
    int end = source.indexOf("#}", pos);
    if (end < 0) {
      throw new Failure("a comment is not closed", at);
    }
    char sign = end > pos ? sign(end - 1) : 0;
    pos = end + 2;
    afterTag(sign);
  }

  /** What the sign of a closing delimiter, or its absence, removes from the text that follows. */
  private void afterTag(char sign) {
    if (sign == '-') {
      skipSpace();
    } else if (sign == 0 && pos < source.length() && source.charAt(pos) == '\n') {
      pos++;
    }
  }

  /** Reads a raw block, if this tag begins one. */
  private boolean raw(int at) {
    int begin = word(pos, "raw");
    if (begin < 0) {
      return false;
    }
    boolean strip = source.startsWith("-%}", begin);
    if (!strip && !source.startsWith("%}", begin)) {
      return false;
    }
    pos = begin + (strip ? 3 : 2);
    if (strip) {
      skipSpace();
    }
    int from = pos;
    for (int tag = from; (tag = source.indexOf("{%", tag)) >= 0; tag += 2) {
      char sign = sign(tag + 2);
      int end = word(tag + (sign == 0 ? 2 : 3), "endraw");
      char closing = end < 0 ? 0 : sign(end);
      if (end >= 0 && source.startsWith("%}", closing == 0 ? end : end + 1)) {
        data(from, tag, sign, true);
        pos = end + (closing == 0 ? 2 : 3);
        afterTag(closing);
        return true;
      }
    }
    throw new Failure("a raw block is not closed", at);
  }

  /** The offset after white space, the word and white space; -1 where it is not there. */
  private int word(int from, String word) {
    int at = from;
    while (at < source.length() && space(at)) {
      at++;
    }
    if (!source.startsWith(word, at)) {
      return -1;
    }
    at += word.length();
    while (at < source.length() && space(at)) {
      at++;
    }
    return at;
  }

  private void tag(int at, String close) {
    boolean output = close.equals("}}");
    add(output ? Kind.OUTPUT_BEGIN : Kind.TAG_BEGIN, output ? "{{" : "{%", at);
    ExpressionLexer expressions = new ExpressionLexer(source, tokens);
    while (true) {
      skipSpace();
      if (pos >= source.length()) {
        throw new Failure("'" + close + "' is missing", at);
      }
      if (!expressions.inBrackets() && closed(close, output)) {
        return;
      }
      pos = expressions.next(pos);
    }
  }

  private boolean closed(String close, boolean output) {
    char sign = sign(pos);
    if (sign == '+' && output || !source.startsWith(close, sign == 0 ? pos : pos + 1)) {
      return false;
    }
    add(output ? Kind.OUTPUT_END : Kind.TAG_END, close, pos);
    pos += sign == 0 ? 2 : 3;
    if (!output || sign == '-') {
      afterTag(sign);
    }
    return true;
  }

  private void skipSpace() {
    while (pos < source.length() && space(pos)) {
      pos++;
    }
  }

  private boolean space(int at) {
    return Chars.space(source.charAt(at));
  }

  private void add(Kind kind, String text, int at) {
    tokens.add(new Token(kind, text, null, at));
  }
}

package dev.myelin.chat.template;

import dev.myelin.chat.template.Token.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * Splits a template into tokens, as Jinja2 does with {@code trim_blocks} and {@code lstrip_blocks}:
 * removes the line feed after a tag, and the white space before a tag at the start of a line. Takes
 * linear time.
 */
final class Lexer {
  private final String source; // with line feeds as the only line ends
  private final List<Token> tokens = new ArrayList<>();
  private int position;

  private Lexer(String source) {
    this.source = source;
  }

  static List<Token> tokenize(String source) {
    Lexer lexer = new Lexer(source);
    lexer.tokenizeTemplate();
    lexer.add(Kind.END, "the end of the template", source.length());
    return lexer.tokens;
  }

  private void tokenizeTemplate() {
    int from = 0;
    int at;
    while ((at = nextTag()) >= 0) {
      char kind = source.charAt(at + 1);
      char sign = signAt(at + 2);
      addData(from, at, sign, kind != '{');
      position = at + (sign == 0 ? 2 : 3);
      if (kind == '#') {
        skipComment(at);
      } else if (kind == '{') {
        tokenizeTag(at, "}}");
      } else if (!tokenizeRaw(at)) {
        tokenizeTag(at, "%}");
      }
      from = position;
    }
    addData(from, source.length(), '+', false);
  }

  /** Offset of the brace that begins the next tag; -1 if there is none. */
  private int nextTag() {
    for (int at = position; (at = source.indexOf('{', at)) >= 0 && at + 1 < source.length(); at++) {
      char next = source.charAt(at + 1);
      if (next == '{' || next == '%' || next == '#') {
        return at;
      }
    }
    return -1;
  }

  /** The whitespace control sign at an offset, - or +; 0 if there is none. */
  private char signAt(int at) {
    char c = at < source.length() ? source.charAt(at) : 0;
    return c == '-' || c == '+' ? c : 0;
  }

  private void addData(int from, int to, char sign, boolean isTag) {
    int end = to;
    if (sign == '-') {
      while (end > from && CharClasses.isSpace(source.charAt(end - 1))) {
        end--;
      }
    } else if (sign == 0 && isTag) {
      int start = to;
      while (start > from && source.charAt(start - 1) != '\n' && isSpace(start - 1)) {
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

  private void skipComment(int at) {
    int end = source.indexOf("#}", position);
    if (end < 0) {
      throw new TemplateError("a comment is not closed", at);
    }
    char sign = end > position ? signAt(end - 1) : 0;
    position = end + 2;
    stripAfterTag(sign);
  }

  /** Removes white space after a tag, according to the sign of its closing delimiter. */
  private void stripAfterTag(char sign) {
    if (sign == '-') {
      skipSpace();
    } else if (sign == 0 && position < source.length() && source.charAt(position) == '\n') {
      position++;
    }
  }

  /** Tokenizes a raw block; false if this tag does not start one. */
  private boolean tokenizeRaw(int at) {
    int begin = skipWord(position, "raw");
    if (begin < 0) {
      return false;
    }
    boolean strip = source.startsWith("-%}", begin);
    if (!strip && !source.startsWith("%}", begin)) {
      return false;
    }
    position = begin + (strip ? 3 : 2);
    if (strip) {
      skipSpace();
    }
    int from = position;
    for (int tag = from; (tag = source.indexOf("{%", tag)) >= 0; tag += 2) {
      char sign = signAt(tag + 2);
      int end = skipWord(tag + (sign == 0 ? 2 : 3), "endraw");
      char closing = end < 0 ? 0 : signAt(end);
      if (end >= 0 && source.startsWith("%}", closing == 0 ? end : end + 1)) {
        addData(from, tag, sign, true);
        position = end + (closing == 0 ? 2 : 3);
        stripAfterTag(closing);
        return true;
      }
    }
    throw new TemplateError("a raw block is not closed", at);
  }

  /**
   * The offset after optional white space, the word and white space; -1 if the word is not there.
   */
  private int skipWord(int from, String word) {
    int at = from;
    while (at < source.length() && isSpace(at)) {
      at++;
    }
    if (!source.startsWith(word, at)) {
      return -1;
    }
    at += word.length();
    while (at < source.length() && isSpace(at)) {
      at++;
    }
    return at;
  }

  private void tokenizeTag(int at, String close) {
    boolean output = close.equals("}}");
    add(output ? Kind.OUTPUT_BEGIN : Kind.TAG_BEGIN, output ? "{{" : "{%", at);
    ExpressionLexer expressions = new ExpressionLexer(source, tokens);
    while (true) {
      skipSpace();
      if (position >= source.length()) {
        throw new TemplateError("'" + close + "' is missing", at);
      }
      if (!expressions.isInBrackets() && acceptClose(close, output)) {
        return;
      }
      position = expressions.next(position);
    }
  }

  private boolean acceptClose(String close, boolean output) {
    char sign = signAt(position);
    if (sign == '+' && output || !source.startsWith(close, sign == 0 ? position : position + 1)) {
      return false;
    }
    add(output ? Kind.OUTPUT_END : Kind.TAG_END, close, position);
    position += sign == 0 ? 2 : 3;
    if (!output || sign == '-') {
      stripAfterTag(sign);
    }
    return true;
  }

  private void skipSpace() {
    while (position < source.length() && isSpace(position)) {
      position++;
    }
  }

  private boolean isSpace(int at) {
    return CharClasses.isSpace(source.charAt(at));
  }

  private void add(Kind kind, String text, int at) {
    tokens.add(new Token(kind, text, null, at));
  }
}

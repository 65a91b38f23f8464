package dev.myelin.chat.jinja;

import java.util.ArrayList;
import java.util.List;

/** Splits the inside of a tag or expression into tokens. */
final class Lexer {
  enum Kind {
    NAME,
    STRING,
    INTEGER,
    FLOAT,
    OPERATOR,
    END
  }

  /**
   * @param text the name, the operator, the digits, or a string's contents
   */
  record Token(Kind kind, String text) {
    boolean is(String operatorOrName) {
      return (kind == Kind.OPERATOR || kind == Kind.NAME) && text.equals(operatorOrName);
    }
  }

  private static final List<String> LONG_OPERATORS = List.of("==", "!=", "<=", ">=", "//", "**");
  private static final String OPERATORS = "+-*/%~<>=()[]{}.,:|";

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int position;

  private Lexer(String source) {
    this.source = source;
  }

  /** The tokens, ended by one of kind END. */
  static List<Token> tokens(String source) {
    Lexer lexer = new Lexer(source);
    while (lexer.position < source.length()) {
      lexer.next();
    }
    lexer.add(Kind.END, "end of the expression");
    return lexer.tokens;
  }

  private void next() {
    char c = source.charAt(position);
    if (Character.isWhitespace(c)) {
      position++;
    } else if (Character.isUnicodeIdentifierStart(c) || c == '_') {
      int start = position;
      while (position < source.length() && isNamePart(source.charAt(position))) {
        position++;
      }
      add(Kind.NAME, source.substring(start, position));
    } else if (isDigit(c)) {
      number();
    } else if (c == '"' || c == '\'') {
      string(c);
    } else {
      operator(c);
    }
  }

  private static boolean isNamePart(char c) {
    return c == '_' || (Character.isUnicodeIdentifierPart(c) && !Character.isISOControl(c));
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private void number() {
    int start = position;
    digits();
    boolean fraction = false;
    if (position + 1 < source.length()
        && source.charAt(position) == '.'
        && isDigit(source.charAt(position + 1))) {
      fraction = true;
      position++;
      digits();
    }
    int exponent = position + 1;
    if (position < source.length() && "eE".indexOf(source.charAt(position)) >= 0) {
      if (exponent < source.length() && "+-".indexOf(source.charAt(exponent)) >= 0) {
        exponent++;
      }
      if (exponent < source.length() && isDigit(source.charAt(exponent))) {
        fraction = true;
        position = exponent;
        digits();
      }
    }
    String text = source.substring(start, position).replace("_", "");
    add(fraction ? Kind.FLOAT : Kind.INTEGER, text);
  }

  private void digits() {
    while (position < source.length()
        && (isDigit(source.charAt(position)) || source.charAt(position) == '_')) {
      position++;
    }
  }

  private void string(char quote) {
    StringBuilder text = new StringBuilder();
    int i = position + 1;
    while (i < source.length() && source.charAt(i) != quote) {
      if (source.charAt(i) == '\\' && i + 1 < source.length()) {
        i = escape(i + 1, text);
      } else {
        text.append(source.charAt(i++));
      }
    }
    if (i >= source.length()) {
      throw new RenderFailure("a string is not closed");
    }
    position = i + 1;
    add(Kind.STRING, text.toString());
  }

  /** Reads what follows a backslash at {@code i}, as Python does; returns where to go on. */
  private int escape(int i, StringBuilder text) {
    char c = source.charAt(i);
    switch (c) {
      case 'n' -> text.append('\n');
      case 't' -> text.append('\t');
      case 'r' -> text.append('\r');
      case 'b' -> text.append('\b');
      case 'f' -> text.append('\f');
      case 'a' -> text.append('\u0007');
      case 'v' -> text.append('\u000b');
      case '0' -> text.append('\0');
      case '\\', '\'', '"' -> text.append(c);
      case '\n' -> {}
      case 'x' -> {
        return codePoint(i, 2, text);
      }
      case 'u' -> {
        return codePoint(i, 4, text);
      }
      case 'U' -> {
        return codePoint(i, 8, text);
      }
      default -> text.append('\\').append(c);
    }
    return i + 1;
  }

  private int codePoint(int i, int digits, StringBuilder text) {
    try {
      int end = i + 1 + digits;
      int value = Integer.parseInt(source.substring(i + 1, end), 16);
      text.appendCodePoint(value);
      return end;
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new RenderFailure("\\" + source.charAt(i) + " in a string needs " + digits + " digits");
    }
  }

  private void operator(char c) {
    for (String operator : LONG_OPERATORS) {
      if (source.startsWith(operator, position)) {
        position += operator.length();
        add(Kind.OPERATOR, operator);
        return;
      }
    }
    if (OPERATORS.indexOf(c) < 0) {
      throw new RenderFailure("unexpected character '" + c + "'");
    }
    position++;
    add(Kind.OPERATOR, String.valueOf(c));
  }

  private void add(Kind kind, String text) {
    tokens.add(new Token(kind, text));
  }
}

package dev.myelin.chat.template;

import dev.myelin.chat.template.Token.Kind;
import java.math.BigInteger;
import java.util.List;

/** Splits the inside of a tag into tokens: names, numbers, strings, operators. */
final class ExpressionLexer {
  private static final int MAX_NUMBER_LENGTH = 1000; // digits
  private static final String[] TWO_CHARACTER_OPERATORS = {"**", "//", "==", "!=", ">=", "<="};
  private static final String OPERATORS = "+-*/%~[](){}<>=.:|,;";
  private static final String[] OPERATOR_STRINGS = new String[128]; // one string per operator

  static {
    for (int i = 0; i < OPERATORS.length(); i++) {
      OPERATOR_STRINGS[OPERATORS.charAt(i)] = OPERATORS.substring(i, i + 1);
    }
  }

  private final String source;
  private final List<Token> tokens;
  private final StringBuilder closingBrackets =
      new StringBuilder(); // expected closing brackets, innermost last

  ExpressionLexer(String source, List<Token> tokens) {
    this.source = source;
    this.tokens = tokens;
  }

  boolean isInBrackets() {
    return !closingBrackets.isEmpty();
  }

  /** Reads the token at an offset and returns the offset after it. */
  int next(int at) {
    int c = source.codePointAt(at);
    if (CharClasses.isNameStart(c)) {
      int end = at;
      while (end < source.length() && CharClasses.isNamePart(source.codePointAt(end))) {
        end += Character.charCount(source.codePointAt(end));
      }
      return add(Kind.NAME, null, at, end);
    }
    if (c == '\'' || c == '"') {
      return string(at, (char) c);
    }
    if (c < 128 && CharClasses.isDigit((char) c)) {
      return number(at);
    }
    return operator(at, c);
  }

  private int operator(int at, int c) {
    for (String operator : TWO_CHARACTER_OPERATORS) {
      if (c == operator.charAt(0) && source.startsWith(operator, at)) {
        tokens.add(new Token(Kind.OPERATOR, operator, null, at));
        return at + 2;
      }
    }
    if (c >= 128 || OPERATOR_STRINGS[c] == null) {
      throw new TemplateError("unexpected character '" + Character.toString(c) + "'", at);
    }
    switch (c) {
      case '(' -> closingBrackets.append(')');
      case '[' -> closingBrackets.append(']');
      case '{' -> closingBrackets.append('}');
      case ')', ']', '}' -> close(at, (char) c);
      default -> {}
    }
    tokens.add(new Token(Kind.OPERATOR, OPERATOR_STRINGS[c], null, at));
    return at + 1;
  }

  private void close(int at, char c) {
    int last = closingBrackets.length() - 1;
    if (last < 0) {
      throw new TemplateError("'" + c + "' is unexpected", at);
    }
    if (closingBrackets.charAt(last) != c) {
      throw new TemplateError("'" + c + "': expected '" + closingBrackets.charAt(last) + "'", at);
    }
    closingBrackets.setLength(last);
  }

  private int string(int at, char quote) {
    int end = at + 1;
    while (end < source.length() && source.charAt(end) != quote) {
      end += source.charAt(end) == '\\' ? 2 : 1;
    }
    if (end >= source.length()) {
      throw new TemplateError("a string is not closed", at);
    }
    return add(Kind.STRING, StringEscapes.unescape(source.substring(at + 1, end), at), at, end + 1);
  }

  private int number(int at) {
    boolean afterDot = at > 0 && source.charAt(at - 1) == '.';
    if (source.charAt(at) == '0' && at + 1 < source.length()) {
      int radix =
          switch (source.charAt(at + 1)) {
            case 'x', 'X' -> 16;
            case 'o', 'O' -> 8;
            case 'b', 'B' -> 2;
            default -> 10;
          };
      int end = radix == 10 ? at : digits(at + 2, radix);
      if (end > at + 2) {
        return add(Kind.NUMBER, integer(at + 2, end, radix), at, end);
      }
    }
    int end = digits(at, 10);
    int integerEnd = end;
    if (!afterDot) {
      if (end < source.length() && source.charAt(end) == '.') {
        int fraction = digits(end + 1, 10);
        end = fraction > end + 1 ? fraction : end;
      }
      end = exponent(end);
    }
    if (end == integerEnd) {
      return add(Kind.NUMBER, integer(at, end, 10), at, end);
    }
    if (end - at > MAX_NUMBER_LENGTH) {
      throw new TemplateError("a number of " + (end - at) + " characters", at);
    }
    return add(Kind.NUMBER, Double.valueOf(source.substring(at, end).replace("_", "")), at, end);
  }

  private int exponent(int end) {
    if (end < source.length() && (source.charAt(end) | 0x20) == 'e') {
      int digits = end + 1;
      if (digits < source.length()
          && (source.charAt(digits) == '+' || source.charAt(digits) == '-')) {
        digits++;
      }
      int after = digits(digits, 10);
      return after > digits ? after : end;
    }
    return end;
  }

  /** The end of digits with single underscores between them. */
  private int digits(int from, int radix) {
    int at = from;
    while (at < source.length()) {
      char c = source.charAt(at);
      if (c == '_' && at + 1 < source.length() && isDigit(source.charAt(at + 1), radix)) {
        at += 2;
      } else if (isDigit(c, radix)) {
        at++;
      } else {
        break;
      }
    }
    return at;
  }

  private static boolean isDigit(char c, int radix) {
    return c < 128 && Character.digit(c, radix) >= 0;
  }

  private Object integer(int from, int to, int radix) {
    if (to - from > MAX_NUMBER_LENGTH) {
      throw new TemplateError("a number of " + (to - from) + " digits", from);
    }
    return Numbers.normalize(new BigInteger(source.substring(from, to).replace("_", ""), radix));
  }

  private int add(Kind kind, Object value, int at, int end) {
    tokens.add(new Token(kind, source.substring(at, end), value, at));
    return end;
  }
}

package dev.myelin.chat.template;

/**
 * A token of a template.
 *
 * @param text the source text of the token
 * @param value the value of a string or number
 * @param offset offset in the template
 */
record Token(Kind kind, String text, Object value, int offset) {
  enum Kind {
    DATA,
    OUTPUT_BEGIN,
    OUTPUT_END,
    TAG_BEGIN,
    TAG_END,
    NAME,
    STRING,
    NUMBER,
    OPERATOR,
    END
  }

  boolean is(Kind other) {
    return kind == other;
  }

  boolean isName(String name) {
    return kind == Kind.NAME && text.equals(name);
  }

  boolean isOperator(String operator) {
    return kind == Kind.OPERATOR && text.equals(operator);
  }
}

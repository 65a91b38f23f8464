package dev.myelin.chat.template;

/**
 * A token of a template.
 *
 * @param text the name or operator, the characters of data; the source of a number
 * @param value of a string or number
 * @param at offset in the template
 */
record Token(Kind kind, String text, Object value, int at) {
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

  boolean name(String name) {
    return kind == Kind.NAME && text.equals(name);
  }

  boolean operator(String operator) {
    return kind == Kind.OPERATOR && text.equals(operator);
  }
}

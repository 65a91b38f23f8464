package dev.myelin.chat.template;

import java.math.BigInteger;

/** Python's {@code str} and {@code repr}. */
final class Repr {
  private Repr() {}

  /** The value as Python's {@code str}. */
  static Str str(Object value, Budget budget) {
    if (value instanceof Str text) {
      return text;
    }
    String plain = scalar(value, budget);
    if (plain != null) {
      budget.chargeWrite(plain.length());
      budget.chargeMemory(Budget.STRING_OVERHEAD);
      return Str.of(plain);
    }
    StrBuilder text = new StrBuilder(budget);
    write(value, text, budget);
    return text.build();
  }

  static Str repr(Object value, Budget budget) {
    StrBuilder text = new StrBuilder(budget);
    write(value, text, budget);
    return text.build();
  }

  /**
   * The text of a scalar, which is the same for {@code str} and {@code repr}; null for other
   * values.
   */
  private static String scalar(Object value, Budget budget) {
    if (value instanceof Long || value instanceof BigInteger) {
      return Numbers.digits(value, budget);
    } else if (value instanceof Boolean truth) {
      return truth ? "True" : "False";
    } else if (value == None.NONE) {
      return "None";
    } else if (value instanceof Double real) {
      return Floats.repr(real);
    } else if (value instanceof Undefined) {
      return "";
    }
    return null;
  }

  private static void write(Object value, StrBuilder text, Budget budget) {
    budget.step();
    if (value instanceof Str string) {
      quote(string, text);
    } else if (value instanceof Undefined) {
      text.append("Undefined");
    } else if (value instanceof PySequence || value instanceof PyDict) {
      budget.enter(4);
      if (value instanceof PyDict dict) {
        dict(dict, text, budget);
      } else {
        sequence((PySequence) value, text, budget);
      }
      budget.leave(4);
    } else if (value instanceof PyGenerator generator) {
      write(generator.toList(budget), text, budget);
    } else if (value instanceof Callable callable) {
      String shown = callable.repr();
      if (shown == null) {
        throw new TemplateError(
            "'" + callable.name() + "' is a " + callable.typeName() + ": call it");
      }
      text.append(shown);
    } else {
      String plain = scalar(value, budget);
      if (plain == null) {
        throw new TemplateError("'" + Values.typeName(value) + "' cannot be printed");
      }
      text.append(plain);
    }
  }

  private static void sequence(PySequence sequence, StrBuilder text, Budget budget) {
    if (sequence instanceof PyRange range) {
      text.append("range(").append(Long.toString(range.start)).append(", ");
      text.append(Long.toString(range.stop));
      if (range.step != 1) {
        text.append(", ").append(Long.toString(range.step));
      }
      text.append(")");
      return;
    }
    boolean tuple = sequence instanceof PyTuple;
    if (!sequence.isIndexed()) {
      text.append(sequence.typeName()).append("(");
    }
    text.append(tuple ? "(" : "[");
    PySequence items = Values.toSequence(sequence, budget);
    for (int i = 0; i < items.size(); i++) {
      if (i > 0) {
        text.append(", ");
      }
      write(items.get(i), text, budget);
    }
    text.append(tuple ? (items.size() == 1 ? ",)" : ")") : "]");
    if (!sequence.isIndexed()) {
      text.append(")");
    }
  }

  private static void dict(PyDict dict, StrBuilder text, Budget budget) {
    text.append("{");
    boolean more = false;
    for (PyDict.Entry entry : dict.entries()) {
      if (more) {
        text.append(", ");
      }
      more = true;
      write(entry.key, text, budget);
      text.append(": ");
      write(entry.value, text, budget);
    }
    text.append("}");
  }

  private static void quote(Str string, StrBuilder text) {
    String s = string.text;
    boolean doubled = s.indexOf('\'') >= 0 && s.indexOf('"') < 0;
    String quote = doubled ? "\"" : "'";
    text.append(string.markup ? "Markup(" : "").append(quote);
    int from = 0;
    for (int at = 0; at < s.length(); ) {
      int c = s.codePointAt(at);
      int end = at + Character.charCount(c);
      String escape = escape(c, quote.charAt(0));
      if (escape != null) {
        text.append(string, from, at).append(escape, string.isTrustedAt(at));
        from = end;
      }
      at = end;
    }
    text.append(string, from, s.length()).append(quote).append(string.markup ? ")" : "");
  }

  private static String escape(int c, char quote) {
    if (c == '\\' || c == quote) {
      return c == '\\' ? "\\\\" : "\\" + quote;
    } else if (CharClasses.isPrintable(c)) {
      return null;
    }
    return switch (c) {
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      default ->
          c < 0x100 ? "\\x" + hex(c, 2) : c < 0x10000 ? "\\u" + hex(c, 4) : "\\U" + hex(c, 8);
    };
  }

  static String hex(int c, int digits) {
    String hex = Integer.toHexString(c);
    return "0".repeat(digits - hex.length()) + hex;
  }
}

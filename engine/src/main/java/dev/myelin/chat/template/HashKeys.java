package dev.myelin.chat.template;

/** Keys for hash tables: values that are equal in Python have equal keys. */
final class HashKeys {
  private HashKeys() {}

  /** A serialised tuple. It is comparable, so that a HashMap stays fast if hashes collide. */
  private record TupleKey(String text) implements Comparable<TupleKey> {
    @Override
    public int compareTo(TupleKey other) {
      return text.compareTo(other.text);
    }
  }

  /**
   * @throws TemplateError if the value is not hashable in Python
   */
  static Object of(Object value, Budget budget) {
    budget.step();
    if (value instanceof Str text) {
      budget.chargeRead(text.units());
      return text.text;
    } else if (value instanceof Boolean truth) {
      return truth ? 1L : 0L;
    } else if (value instanceof Double number) {
      return number(number);
    } else if (value instanceof PyTuple tuple) {
      StringBuilder text = new StringBuilder();
      write(tuple, text, budget);
      return new TupleKey(text.toString());
    } else if (value instanceof PyList || value instanceof PyDict) {
      throw new TemplateError("'" + Values.typeName(value) + "' cannot be a key");
    }
    return value;
  }

  private static Object number(double number) {
    long integer = (long) number;
    if (integer == number && integer != Long.MAX_VALUE) {
      return integer;
    }
    return number;
  }

  private static void write(PyTuple tuple, StringBuilder text, Budget budget) {
    budget.enter(4);
    text.append('(');
    for (int i = 0; i < tuple.size(); i++) {
      if (tuple.get(i) instanceof PyTuple inner) {
        budget.step();
        write(inner, text, budget);
      } else {
        Object key = of(tuple.get(i), budget);
        String part = key instanceof String string ? string : String.valueOf(key);
        budget.chargeWrite(part.length() + 16L);
        char kind = key instanceof String ? 's' : key instanceof Long ? 'i' : 'o';
        text.append(kind).append(part.length()).append(':').append(part);
      }
    }
    text.append(')');
    budget.leave(4);
  }
}

package dev.myelin.chat.template;

/** Keys of dicts: what Python calls equal is equal here, and Java compares it in little time. */
final class Keys {
  private Keys() {}

  /** A tuple, written out; comparable, so that a hash table has no slow corner. */
  private record Written(String text) implements Comparable<Written> {
    @Override
    public int compareTo(Written other) {
      return text.compareTo(other.text);
    }
  }

  /**
   * @throws Failure if Python could not hash the value
   */
  static Object of(Object value, Budget budget) {
    budget.step();
    if (value instanceof Str text) {
      budget.read(text.units());
      return text.text;
    } else if (value instanceof Boolean truth) {
      return truth ? 1L : 0L;
    } else if (value instanceof Double number) {
      return number(number);
    } else if (value instanceof PyTuple tuple) {
      StringBuilder text = new StringBuilder();
      write(tuple, text, budget);
      return new Written(text.toString());
    } else if (value instanceof PyList || value instanceof PyDict) {
      throw new Failure("'" + Values.type(value) + "' cannot be a key");
    }
    return value;
  }

  private static Object number(double number) {
    long whole = (long) number;
    if (whole == number && whole != Long.MAX_VALUE) {
      return whole;
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
        budget.make(part.length() + 16L);
        char kind = key instanceof String ? 's' : key instanceof Long ? 'i' : 'o';
        text.append(kind).append(part.length()).append(':').append(part);
      }
    }
    text.append(')');
    budget.leave(4);
  }
}

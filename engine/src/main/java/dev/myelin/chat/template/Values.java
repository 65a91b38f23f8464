package dev.myelin.chat.template;

import java.math.BigInteger;

/** What Python does with any value: its type's name, its truth, its items. */
final class Values {
  private Values() {}

  static String type(Object value) {
    if (value instanceof Str) {
      return "str";
    } else if (value instanceof Long || value instanceof BigInteger) {
      return "int";
    } else if (value instanceof Double) {
      return "float";
    } else if (value instanceof Boolean) {
      return "bool";
    } else if (value instanceof PySeq sequence) {
      return sequence.type();
    } else if (value instanceof PyDict) {
      return "dict";
    } else if (value == None.NONE) {
      return "None";
    } else if (value instanceof Undefined) {
      return "Undefined";
    } else if (value instanceof Generator) {
      return "generator";
    } else if (value instanceof Namespace) {
      return "namespace";
    } else if (value instanceof Slice) {
      return "slice";
    }
    return ((Callable) value).type();
  }

  static boolean truth(Object value) {
    if (value instanceof Boolean truth) {
      return truth;
    } else if (value instanceof Str text) {
      return !text.isEmpty();
    } else if (value instanceof Long number) {
      return number != 0;
    } else if (value instanceof Double number) {
      return number != 0;
    } else if (value instanceof PySeq sequence) {
      return sequence.size() > 0;
    } else if (value instanceof PyDict dict) {
      return dict.size() > 0;
    }
    return value != None.NONE && !(value instanceof Undefined);
  }

  static boolean integer(Object value) {
    return value instanceof Long || value instanceof BigInteger;
  }

  static boolean number(Object value) {
    return integer(value) || value instanceof Double || value instanceof Boolean;
  }

  static boolean iterable(Object value) {
    return value instanceof Str
        || value instanceof PySeq
        || value instanceof PyDict
        || value instanceof Generator
        || value instanceof Undefined
        || value instanceof Loop;
  }

  /** The items that a loop over the value sees; those of a generator are used up. */
  static Object[] items(Object value, Budget budget) {
    if (value instanceof PySeq sequence) {
      budget.spend(1 + sequence.size() / 4);
      return sequence.toArray();
    } else if (value instanceof Str text) {
      return characters(text, budget);
    } else if (value instanceof PyDict dict) {
      return dict.keys(budget);
    } else if (value instanceof Generator generator) {
      return generator.rest(budget);
    } else if (value instanceof Undefined) {
      return new Object[0];
    }
    throw new Failure("'" + type(value) + "' cannot be looped over");
  }

  /** What a for block goes through: a list as it is, so that it sees what is appended to it. */
  static PySeq sequence(Object value, Budget budget) {
    if (value instanceof PySeq sequence && sequence.indexed()) {
      return sequence;
    }
    Object[] items = items(value, budget);
    budget.items(items.length);
    return PyTuple.of(items);
  }

  private static Object[] characters(Str text, Budget budget) {
    budget.spend(text.length());
    budget.hold((long) Budget.STRING * text.length());
    Object[] items = new Object[text.length()];
    int at = 0;
    for (int i = 0; i < items.length; i++) {
      int end = at + Character.charCount(text.text.codePointAt(at));
      items[i] = text.cut(at, end);
      at = end;
    }
    return items;
  }

  /** Python's {@code len}; an undefined value has none. */
  static long length(Object value) {
    if (value instanceof Str text) {
      return text.length();
    } else if (value instanceof PySeq sequence) {
      return sequence.size();
    } else if (value instanceof PyDict dict) {
      return dict.size();
    } else if (value instanceof Generator generator) {
      return generator.left();
    } else if (value instanceof Loop loop) {
      return loop.length();
    } else if (value instanceof Undefined) {
      return 0;
    }
    throw new Failure("'" + type(value) + "' has no length");
  }

  /** A defined value, or the error that it is not. */
  static Object defined(Object value) {
    if (value instanceof Undefined undefined) {
      throw undefined.failure();
    }
    return value;
  }
}

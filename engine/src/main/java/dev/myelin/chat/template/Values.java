package dev.myelin.chat.template;

import java.math.BigInteger;

/** Operations on values of any type: type name, truth value, items. */
final class Values {
  private Values() {}

  static String typeName(Object value) {
    if (value instanceof Str) {
      return "str";
    } else if (value instanceof Long || value instanceof BigInteger) {
      return "int";
    } else if (value instanceof Double) {
      return "float";
    } else if (value instanceof Boolean) {
      return "bool";
    } else if (value instanceof PySequence sequence) {
      return sequence.typeName();
    } else if (value instanceof PyDict) {
      return "dict";
    } else if (value == None.NONE) {
      return "None";
    } else if (value instanceof Undefined) {
      return "Undefined";
    } else if (value instanceof PyGenerator) {
      return "generator";
    } else if (value instanceof Namespace) {
      return "namespace";
    } else if (value instanceof Slice) {
      return "slice";
    }
    return ((Callable) value).typeName();
  }

  static boolean isTruthy(Object value) {
    if (value instanceof Boolean truth) {
      return truth;
    } else if (value instanceof Str text) {
      return !text.isEmpty();
    } else if (value instanceof Long number) {
      return number != 0;
    } else if (value instanceof Double number) {
      return number != 0;
    } else if (value instanceof PySequence sequence) {
      return sequence.size() > 0;
    } else if (value instanceof PyDict dict) {
      return dict.size() > 0;
    }
    return value != None.NONE && !(value instanceof Undefined);
  }

  static boolean isInteger(Object value) {
    return value instanceof Long || value instanceof BigInteger;
  }

  static boolean isNumber(Object value) {
    return isInteger(value) || value instanceof Double || value instanceof Boolean;
  }

  static boolean isIterable(Object value) {
    return value instanceof Str
        || value instanceof PySequence
        || value instanceof PyDict
        || value instanceof PyGenerator
        || value instanceof Undefined
        || value instanceof LoopContext;
  }

  /** The items of an iteration; consumes a generator. */
  static Object[] items(Object value, Budget budget) {
    if (value instanceof PySequence sequence) {
      budget.chargeWork(1 + sequence.size() / 4);
      return sequence.toArray();
    } else if (value instanceof Str text) {
      return characters(text, budget);
    } else if (value instanceof PyDict dict) {
      return dict.keys(budget);
    } else if (value instanceof PyGenerator generator) {
      return generator.drain(budget);
    } else if (value instanceof Undefined) {
      return new Object[0];
    }
    throw new TemplateError("'" + typeName(value) + "' is not iterable");
  }

  /**
   * The sequence of a for loop. A list is not copied, so that the loop sees items that are
   * appended.
   */
  static PySequence toSequence(Object value, Budget budget) {
    if (value instanceof PySequence sequence && sequence.isIndexed()) {
      return sequence;
    }
    Object[] items = items(value, budget);
    budget.chargeItems(items.length);
    return PyTuple.of(items);
  }

  private static Object[] characters(Str text, Budget budget) {
    budget.chargeWork(text.length());
    budget.chargeMemory((long) Budget.STRING_OVERHEAD * text.length());
    Object[] items = new Object[text.length()];
    int at = 0;
    for (int i = 0; i < items.length; i++) {
      int end = at + Character.charCount(text.text.codePointAt(at));
      items[i] = text.substring(at, end);
      at = end;
    }
    return items;
  }

  /** Python's {@code len}; an undefined value has none. */
  static long length(Object value) {
    if (value instanceof Str text) {
      return text.length();
    } else if (value instanceof PySequence sequence) {
      return sequence.size();
    } else if (value instanceof PyDict dict) {
      return dict.size();
    } else if (value instanceof PyGenerator generator) {
      return generator.remaining();
    } else if (value instanceof LoopContext loop) {
      return loop.length();
    } else if (value instanceof Undefined) {
      return 0;
    }
    throw new TemplateError("'" + typeName(value) + "' has no length");
  }

  /** Returns the value, or fails if it is undefined. */
  static Object requireDefined(Object value) {
    if (value instanceof Undefined undefined) {
      throw undefined.error();
    }
    return value;
  }
}

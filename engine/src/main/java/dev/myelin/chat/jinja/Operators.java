package dev.myelin.chat.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Arithmetic and comparison as Python has them, over the values of a template. */
final class Operators {
  private Operators() {}

  static Object binary(String operator, Object left, Object right, Render render) {
    return switch (operator) {
      case "~" -> concat(Text.of(left, render), Text.of(right, render), render);
      case "+" -> add(left, right, render);
      case "*" -> multiply(left, right, render);
      case "%" ->
          left instanceof String format
              ? Formats.percent(format, right, render)
              : arithmetic(operator, left, right);
      default -> arithmetic(operator, left, right);
    };
  }

  static String concat(String left, String right, Render render) {
    render.spendText((long) left.length() + right.length());
    return left.concat(right);
  }

  private static Object add(Object left, Object right, Render render) {
    if (left instanceof String l && right instanceof String r) {
      return concat(l, r, render);
    }
    if (left instanceof List<?> l && right instanceof List<?> r) {
      render.spend((long) l.size() + r.size());
      List<Object> both = new ArrayList<>(l);
      both.addAll(r);
      return both;
    }
    return arithmetic("+", left, right);
  }

  private static Object multiply(Object left, Object right, Render render) {
    if (isWhole(left) && (right instanceof String || right instanceof List<?>)) {
      return multiply(right, left, render);
    }
    if (left instanceof String s && isWhole(right)) {
      return s.repeat(repetitions(right, s.length() / Budget.CHARACTERS_A_UNIT, render));
    }
    if (left instanceof List<?> list && isWhole(right)) {
      int count = repetitions(right, list.size(), render);
      List<Object> repeated = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        repeated.addAll(list);
      }
      return repeated;
    }
    return arithmetic("*", left, right);
  }

  private static int repetitions(Object times, long units, Render render) {
    int count = Math.clamp(Values.integer(times, "count"), 0, Integer.MAX_VALUE);
    render.spend(count * (1L + units));
    return count;
  }

  private static Object arithmetic(String operator, Object left, Object right) {
    Values.defined(left);
    Values.defined(right);
    if (!isNumber(left) || !isNumber(right)) {
      throw new RenderFailure(
          "'"
              + operator
              + "' between '"
              + Values.typeName(left)
              + "' and '"
              + Values.typeName(right)
              + "'");
    }
    boolean whole = !(left instanceof Double || right instanceof Double);
    try {
      return whole && !operator.equals("/")
          ? whole(operator, Values.integer(left, "number"), Values.integer(right, "number"))
          : (Object) fraction(operator, toDouble(left), toDouble(right));
    } catch (ArithmeticException e) {
      throw new RenderFailure("'" + operator + "': " + e.getMessage());
    }
  }

  private static Object whole(String operator, long left, long right) {
    return switch (operator) {
      case "+" -> Math.addExact(left, right);
      case "-" -> Math.subtractExact(left, right);
      case "*" -> Math.multiplyExact(left, right);
      case "//" -> Math.floorDiv(left, right);
      case "%" -> Math.floorMod(left, right);
      case "**" -> right < 0 ? (Object) Math.pow(left, right) : (Object) power(left, right);
      default -> throw new RenderFailure("unknown operator " + operator);
    };
  }

  private static long power(long base, long exponent) {
    long result = 1;
    for (long bit = Long.highestOneBit(exponent); bit != 0; bit >>>= 1) {
      result = Math.multiplyExact(result, result);
      if ((exponent & bit) != 0) {
        result = Math.multiplyExact(result, base);
      }
    }
    return result;
  }

  private static double fraction(String operator, double left, double right) {
    if (right == 0 && (operator.equals("/") || operator.equals("//") || operator.equals("%"))) {
      throw new ArithmeticException("division by zero");
    }
    return switch (operator) {
      case "+" -> left + right;
      case "-" -> left - right;
      case "*" -> left * right;
      case "/" -> left / right;
      case "//" -> Math.floor(left / right);
      case "%" -> left - Math.floor(left / right) * right;
      case "**" -> Math.pow(left, right);
      default -> throw new RenderFailure("unknown operator " + operator);
    };
  }

  static Object negate(Object value) {
    return switch (Values.defined(value)) {
      case Long l -> Math.negateExact(l);
      case Double d -> -d;
      case Boolean b -> b ? -1L : 0L;
      default -> throw new RenderFailure("'-' before '" + Values.typeName(value) + "'");
    };
  }

  static boolean compare(String operator, Object left, Object right, Render render) {
    return switch (operator) {
      case "==" -> equal(left, right, render);
      case "!=" -> !equal(left, right, render);
      case "in" -> contains(right, left, render);
      case "not in" -> !contains(right, left, render);
      case "<" -> order(left, right) < 0;
      case "<=" -> order(left, right) <= 0;
      case ">" -> order(left, right) > 0;
      case ">=" -> order(left, right) >= 0;
      default -> throw new RenderFailure("unknown operator " + operator);
    };
  }

  static boolean equal(Object left, Object right, Render render) {
    render.spend(1);
    if (isNumber(left) && isNumber(right)) {
      return left instanceof Double || right instanceof Double
          ? toDouble(left) == toDouble(right)
          : Values.integer(left, "number") == Values.integer(right, "number");
    }
    if (left instanceof List<?> l && right instanceof List<?> r) {
      Iterator<?> others = r.iterator();
      return l.size() == r.size()
          && l.stream().allMatch(item -> equal(item, others.next(), render));
    }
    if (left instanceof Map<?, ?> l && right instanceof Map<?, ?> r) {
      return l.size() == r.size()
          && l.entrySet().stream()
              .allMatch(
                  entry ->
                      r.containsKey(entry.getKey())
                          && equal(entry.getValue(), r.get(entry.getKey()), render));
    }
    if (left instanceof Undefined && right instanceof Undefined) {
      return true;
    }
    return left instanceof String ? left.equals(right) : left == right;
  }

  static boolean contains(Object container, Object item, Render render) {
    return switch (container) {
      case String s -> {
        render.spend(s.length() / 8);
        yield s.contains(Values.string(item, "what 'in' looks for in a string"));
      }
      case Map<?, ?> map -> Values.isKey(item) && map.containsKey(item);
      case List<?> list -> list.stream().anyMatch(each -> equal(each, item, render));
      case Undefined undefined -> false;
      default ->
          throw new RenderFailure("'in' after which comes '" + Values.typeName(container) + "'");
    };
  }

  /** Numbers with numbers, strings with strings (by code point), lists item by item. */
  static int order(Object left, Object right) {
    Values.defined(left);
    Values.defined(right);
    if (isNumber(left) && isNumber(right)) {
      return left instanceof Double || right instanceof Double
          ? Double.compare(toDouble(left), toDouble(right))
          : Long.compare(Values.integer(left, "number"), Values.integer(right, "number"));
    }
    if (left instanceof String l && right instanceof String r) {
      return java.util.Arrays.compare(l.codePoints().toArray(), r.codePoints().toArray());
    }
    if (left instanceof List<?> l && right instanceof List<?> r) {
      for (int i = 0; i < Math.min(l.size(), r.size()); i++) {
        int order = order(l.get(i), r.get(i));
        if (order != 0) {
          return order;
        }
      }
      return Integer.compare(l.size(), r.size());
    }
    throw new RenderFailure(
        "'" + Values.typeName(left) + "' has no order with '" + Values.typeName(right) + "'");
  }

  private static boolean isNumber(Object value) {
    return value instanceof Long || value instanceof Double || value instanceof Boolean;
  }

  private static boolean isWhole(Object value) {
    return value instanceof Long || value instanceof Boolean;
  }

  static double toDouble(Object value) {
    return value instanceof Double d ? d : Values.integer(value, "number");
  }
}

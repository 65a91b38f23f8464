package dev.myelin.chat.jinja;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The register of tests, one line each. */
final class Tests {
  private static final Map<String, Test> ALL =
      Map.ofEntries(
          Map.entry("!=", comparison("!=")),
          Map.entry("<", comparison("<")),
          Map.entry("<=", comparison("<=")),
          Map.entry("==", comparison("==")),
          Map.entry(">", comparison(">")),
          Map.entry(">=", comparison(">=")),
          Map.entry("boolean", (value, a, render) -> value instanceof Boolean),
          Map.entry("callable", (value, a, render) -> value instanceof Callable),
          Map.entry("defined", (value, a, render) -> !(value instanceof Undefined)),
          Map.entry(
              "divisibleby", (value, a, render) -> remainder(value, a.required(0, "num")) == 0),
          Map.entry("eq", comparison("==")),
          Map.entry("equalto", comparison("==")),
          Map.entry("even", (value, a, render) -> remainder(value, 2L) == 0),
          Map.entry("false", (value, a, render) -> Boolean.FALSE.equals(value)),
          Map.entry("float", (value, a, render) -> value instanceof Double),
          Map.entry("ge", comparison(">=")),
          Map.entry("greaterthan", comparison(">")),
          Map.entry("gt", comparison(">")),
          Map.entry("in", comparison("in")),
          Map.entry("integer", (value, a, render) -> value instanceof Long),
          Map.entry("iterable", (value, a, render) -> iterable(value)),
          Map.entry("le", comparison("<=")),
          Map.entry("lessthan", comparison("<")),
          Map.entry("lower", (value, a, render) -> isLower(Text.of(value, render))),
          Map.entry("lt", comparison("<")),
          Map.entry("mapping", (value, a, render) -> value instanceof Map),
          Map.entry("ne", comparison("!=")),
          Map.entry("none", (value, a, render) -> value == None.NONE),
          Map.entry("number", (value, a, render) -> number(value)),
          Map.entry("odd", (value, a, render) -> remainder(value, 2L) == 1),
          Map.entry("sameas", (value, a, render) -> same(value, a.required(0, "other"))),
          Map.entry("sequence", (value, a, render) -> iterable(value)),
          Map.entry("string", (value, a, render) -> value instanceof String),
          Map.entry("true", (value, a, render) -> Boolean.TRUE.equals(value)),
          Map.entry("undefined", (value, a, render) -> value instanceof Undefined),
          Map.entry("upper", (value, a, render) -> isUpper(Text.of(value, render))));

  private Tests() {}

  static Test find(String name) {
    Test test = ALL.get(name);
    if (test == null) {
      throw new RenderFailure("no test is called '" + name + "'");
    }
    return test;
  }

  private static Test comparison(String operator) {
    return (value, a, render) -> Operators.compare(operator, value, a.required(0, "other"), render);
  }

  private static long remainder(Object value, Object divisor) {
    long by = Values.integer(divisor, "divisor");
    if (by == 0) {
      throw new RenderFailure("division by zero");
    }
    return Math.floorMod(Values.integer(value, "what is tested"), by);
  }

  private static boolean iterable(Object value) {
    return value instanceof String
        || value instanceof List
        || value instanceof Map
        || value instanceof Undefined;
  }

  private static boolean number(Object value) {
    return value instanceof Long || value instanceof Double || value instanceof Boolean;
  }

  private static boolean same(Object value, Object other) {
    return number(value) || value instanceof String ? value.equals(other) : value == other;
  }

  static boolean isLower(String text) {
    return text.equals(text.toLowerCase(Locale.ROOT))
        && text.chars().anyMatch(Character::isLowerCase);
  }

  static boolean isUpper(String text) {
    return text.equals(text.toUpperCase(Locale.ROOT))
        && text.chars().anyMatch(Character::isUpperCase);
  }
}

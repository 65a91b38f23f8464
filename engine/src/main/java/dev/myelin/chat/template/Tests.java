package dev.myelin.chat.template;

/** What can stand after {@code is}: a line says the parameters, a line below what it asks. */
final class Tests {
  private Tests() {}

  static String parameters(String name) {
    return switch (name) {
      case "boolean", "callable", "defined", "escaped", "even", "false", "filter", "float" -> "";
      case "integer", "iterable", "lower", "mapping", "none", "number", "odd", "sequence" -> "";
      case "string", "test", "true", "undefined", "upper" -> "";
      case "divisibleby" -> "num";
      case "sameas", "==", "eq", "equalto", "!=", "ne" -> "other";
      case ">", "gt", "greaterthan", ">=", "ge", "<", "lt", "lessthan", "<=", "le" -> "other";
      case "in" -> "seq";
      default -> null;
    };
  }

  static boolean known(String name) {
    return parameters(name) != null;
  }

  static boolean holds(String name, Object value, Args args, Render render) {
    String parameters = parameters(name);
    if (parameters == null) {
      throw new Failure("no test is called '" + name + "'");
    }
    Object[] a = Parameters.of(parameters).bind(name, args);
    return switch (name) {
      case "boolean" -> value instanceof Boolean;
      case "callable" -> value instanceof Callable || value instanceof Undefined;
      case "defined" -> !(value instanceof Undefined);
      case "divisibleby" -> remainder(value, a[0], render) == 0;
      case "escaped" -> value instanceof Str text && text.markup;
      case "even" -> remainder(value, 2L, render) == 0;
      case "false" -> Boolean.FALSE.equals(value);
      case "filter" -> Filters.known(TextFilters.text(value, render).text);
      case "float" -> value instanceof Double;
      case "in" -> Compare.contains(a[0], value, render.budget);
      case "integer" -> Values.integer(value);
      case "iterable" -> Values.iterable(value);
      case "lower" -> CharTests.holds(TextFilters.text(value, render), "islower", render.budget);
      case "mapping" -> value instanceof PyDict;
      case "none" -> value == None.NONE;
      case "number" -> Values.number(value);
      case "odd" -> remainder(value, 2L, render) == 1;
      case "sameas" -> same(value, a[0]);
      case "sequence" ->
          value instanceof Str
              || value instanceof PyDict
              || value instanceof Undefined
              || value instanceof PySeq sequence && sequence.indexed();
      case "string" -> value instanceof Str;
      case "test" -> known(TextFilters.text(value, render).text);
      case "true" -> Boolean.TRUE.equals(value);
      case "undefined" -> value instanceof Undefined;
      case "upper" -> CharTests.holds(TextFilters.text(value, render), "isupper", render.budget);
      default -> Operations.Comparison.holds(operator(name), value, a[0], render.budget);
    };
  }

  private static String operator(String name) {
    return switch (name) {
      case "eq", "equalto" -> "==";
      case "ne" -> "!=";
      case "gt", "greaterthan" -> ">";
      case "ge" -> ">=";
      case "lt", "lessthan" -> "<";
      case "le" -> "<=";
      default -> name;
    };
  }

  private static double remainder(Object value, Object by, Render render) {
    return Numbers.real(Arithmetic.compute("%", numeric(value), by, render));
  }

  /** A string would be taken for a format. */
  private static Object numeric(Object value) {
    if (value instanceof Str) {
      throw new Failure("'%' between 'str' and 'int'");
    }
    return value;
  }

  private static boolean same(Object a, Object b) {
    if (a instanceof Str x && b instanceof Str y) {
      return x.text.equals(y.text);
    }
    boolean plain = a instanceof Boolean || a instanceof Number;
    return a == b || plain && a.equals(b);
  }
}

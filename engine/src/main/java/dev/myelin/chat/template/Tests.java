package dev.myelin.chat.template;

/** The tests after {@code is}: their signatures, and their implementations. */
final class Tests {
  private Tests() {}

  static String signature(String name) {
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

  static boolean exists(String name) {
    return signature(name) != null;
  }

  static boolean apply(String name, Object value, CallArguments args, RenderContext context) {
    String parameters = signature(name);
    if (parameters == null) {
      throw new TemplateError("unknown test '" + name + "'");
    }
    Object[] a = Signature.of(parameters).bind(name, args);
    return switch (name) {
      case "boolean" -> value instanceof Boolean;
      case "callable" -> value instanceof Callable || value instanceof Undefined;
      case "defined" -> !(value instanceof Undefined);
      case "divisibleby" -> remainder(value, a[0], context) == 0;
      case "escaped" -> value instanceof Str text && text.markup;
      case "even" -> remainder(value, 2L, context) == 0;
      case "false" -> Boolean.FALSE.equals(value);
      case "filter" -> Filters.exists(TextFilters.toStr(value, context).text);
      case "float" -> value instanceof Double;
      case "in" -> Comparisons.contains(a[0], value, context.budget);
      case "integer" -> Values.isInteger(value);
      case "iterable" -> Values.isIterable(value);
      case "lower" ->
          StrPredicates.test(TextFilters.toStr(value, context), "islower", context.budget);
      case "mapping" -> value instanceof PyDict;
      case "none" -> value == None.NONE;
      case "number" -> Values.isNumber(value);
      case "odd" -> remainder(value, 2L, context) == 1;
      case "sameas" -> isSame(value, a[0]);
      case "sequence" ->
          value instanceof Str
              || value instanceof PyDict
              || value instanceof Undefined
              || value instanceof PySequence sequence && sequence.isIndexed();
      case "string" -> value instanceof Str;
      case "test" -> exists(TextFilters.toStr(value, context).text);
      case "true" -> Boolean.TRUE.equals(value);
      case "undefined" -> value instanceof Undefined;
      case "upper" ->
          StrPredicates.test(TextFilters.toStr(value, context), "isupper", context.budget);
      default -> OperatorExpressions.Comparison.test(operator(name), value, a[0], context.budget);
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

  private static double remainder(Object value, Object by, RenderContext context) {
    return Numbers.toDouble(Arithmetic.compute("%", numeric(value), by, context));
  }

  /** Rejects strings, for which % is a format. */
  private static Object numeric(Object value) {
    if (value instanceof Str) {
      throw new TemplateError("'%' between 'str' and 'int'");
    }
    return value;
  }

  private static boolean isSame(Object a, Object b) {
    if (a instanceof Str x && b instanceof Str y) {
      return x.text.equals(y.text);
    }
    boolean plain = a instanceof Boolean || a instanceof Number;
    return a == b || plain && a.equals(b);
  }
}

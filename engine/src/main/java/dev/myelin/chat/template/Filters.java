package dev.myelin.chat.template;

/** Finds filters by name. They are grouped by the type of their input. */
final class Filters {
  private Filters() {}

  static boolean exists(String name) {
    return TextFilters.signature(name) != null
        || ListFilters.signature(name) != null
        || SelectFilters.signature(name) != null
        || ValueFilters.signature(name) != null;
  }

  static Object apply(String name, Object value, CallArguments args, RenderContext context) {
    String parameters = TextFilters.signature(name);
    if (parameters != null) {
      return TextFilters.apply(name, value, bind(parameters, name, args), args, context);
    }
    parameters = ListFilters.signature(name);
    if (parameters != null) {
      return ListFilters.apply(name, value, bind(parameters, name, args), context);
    }
    parameters = SelectFilters.signature(name);
    if (parameters != null) {
      return SelectFilters.apply(name, value, args, context);
    }
    parameters = ValueFilters.signature(name);
    if (parameters != null) {
      return ValueFilters.apply(name, value, bind(parameters, name, args), context);
    }
    throw new TemplateError("unknown filter '" + name + "'");
  }

  private static Object[] bind(String parameters, String name, CallArguments args) {
    return Signature.of(parameters).bind(name, args);
  }

  /** Whether an optional argument is given and true. */
  static boolean isTrue(Object argument) {
    return argument != null && Values.isTruthy(argument);
  }
}

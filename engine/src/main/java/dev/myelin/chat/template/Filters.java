package dev.myelin.chat.template;

/** Finds filters by name; they stand in groups by what they work on. */
final class Filters {
  private Filters() {}

  static boolean known(String name) {
    return TextFilters.parameters(name) != null
        || ListFilters.parameters(name) != null
        || SelectFilters.parameters(name) != null
        || ValueFilters.parameters(name) != null;
  }

  static Object apply(String name, Object value, Args args, Render render) {
    String parameters = TextFilters.parameters(name);
    if (parameters != null) {
      return TextFilters.apply(name, value, bound(parameters, name, args), args, render);
    }
    parameters = ListFilters.parameters(name);
    if (parameters != null) {
      return ListFilters.apply(name, value, bound(parameters, name, args), render);
    }
    parameters = SelectFilters.parameters(name);
    if (parameters != null) {
      return SelectFilters.apply(name, value, args, render);
    }
    parameters = ValueFilters.parameters(name);
    if (parameters != null) {
      return ValueFilters.apply(name, value, bound(parameters, name, args), render);
    }
    throw new Failure("no filter is called '" + name + "'");
  }

  private static Object[] bound(String parameters, String name, Args args) {
    return Parameters.of(parameters).bind(name, args);
  }

  /** An optional argument that is true or false. */
  static boolean flag(Object argument) {
    return argument != null && Values.truth(argument);
  }
}

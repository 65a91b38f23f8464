package dev.myelin.chat.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Calls, filters and tests. */
final class Calls {
  private Calls() {}

  /**
   * The arguments between parentheses.
   *
   * @param rest of {@code *rest}, or null
   * @param keywords of {@code **keywords}, or null
   */
  record Arguments(
      List<Expr> positional, List<String> names, List<Expr> named, Expr rest, Expr keywords) {
    static final Arguments NONE = new Arguments(List.of(), List.of(), List.of(), null, null);

    Args evaluate(Render render) {
      if (positional.isEmpty() && names.isEmpty() && rest == null && keywords == null) {
        return Args.NONE;
      }
      List<Object> values = new ArrayList<>(positional.size());
      for (Expr each : positional) {
        values.add(each.evaluate(render));
      }
      Map<String, Object> byName = names.isEmpty() ? Map.of() : new LinkedHashMap<>();
      for (int i = 0; i < names.size(); i++) {
        byName.put(names.get(i), named.get(i).evaluate(render));
      }
      if (rest != null) {
        Object[] items = Values.items(rest.evaluate(render), render.budget);
        render.budget.items(items.length);
        values.addAll(List.of(items));
      }
      return new Args(values, keywords == null ? byName : keywords(byName, render));
    }

    private Map<String, Object> keywords(Map<String, Object> byName, Render render) {
      if (!(keywords.evaluate(render) instanceof PyDict dict)) {
        throw new Failure("'**': expected a dict", keywords.at);
      }
      Map<String, Object> all = new LinkedHashMap<>(byName);
      render.budget.items(4L * dict.size());
      for (PyDict.Entry entry : dict.entries()) {
        if (!(entry.key instanceof Str name)) {
          throw new Failure("'**': a key is no string", keywords.at);
        }
        if (all.put(name.text, entry.value) != null) {
          throw new Failure("argument '" + name + "' is given twice", keywords.at);
        }
      }
      return all;
    }
  }

  /** An expression that ends in arguments. */
  abstract static class WithArguments extends Expr {
    final Arguments arguments;

    WithArguments(int at, Arguments arguments) {
      super(at);
      this.arguments = arguments;
      parts(arguments.positional);
      parts(arguments.named);
      part(arguments.rest);
      part(arguments.keywords);
    }
  }

  static final class Call extends WithArguments {
    private final Expr callee;

    Call(int at, Expr callee, Arguments arguments) {
      super(at, arguments);
      this.callee = part(callee);
    }

    @Override
    Object evaluate(Render render) {
      return evaluate(render, null);
    }

    /** The call, with a block's body as {@code caller} unless that is null. */
    Object evaluate(Render render, Macro caller) {
      Object function = callee.evaluate(render);
      Args args = arguments.evaluate(render);
      render.step(at);
      if (!(Values.defined(function) instanceof Callable callable)) {
        throw new Failure("'" + Values.type(function) + "' cannot be called");
      }
      return callable.call(caller == null ? args : args.with("caller", caller), render);
    }
  }

  static final class Filter extends WithArguments {
    private final String name;
    private final Expr value; // null: in a filter block or a set block, which give it

    Filter(int at, String name, Expr value, Arguments arguments) {
      super(at, arguments);
      this.name = name;
      this.value = part(value);
    }

    @Override
    Object evaluate(Render render) {
      return apply(value.evaluate(render), render);
    }

    /** The filter of a block's text, and the filters before it. */
    Object evaluate(Str block, Render render) {
      boolean inner = value instanceof Filter;
      return apply(inner ? ((Filter) value).evaluate(block, render) : block, render);
    }

    private Object apply(Object input, Render render) {
      Args args = arguments.evaluate(render);
      render.step(at);
      return Filters.apply(name, input, args, render);
    }
  }

  static final class Test extends WithArguments {
    private final String name;
    private final Expr value;

    Test(int at, String name, Expr value, Arguments arguments) {
      super(at, arguments);
      this.name = name;
      this.value = part(value);
    }

    @Override
    Object evaluate(Render render) {
      Object tested = value.evaluate(render);
      Args args = arguments.evaluate(render);
      render.step(at);
      return Tests.holds(name, tested, args, render);
    }
  }
}

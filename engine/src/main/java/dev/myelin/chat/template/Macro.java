package dev.myelin.chat.template;

import java.util.List;
import java.util.Map;

/** A macro, or the body of a call block. */
final class Macro extends Callable {
  /**
   * The definition of a macro.
   *
   * @param defaults default of each parameter, null if it has none
   * @param catchVarargs whether the body reads {@code varargs}
   * @param catchKwargs whether the body reads {@code kwargs}
   * @param usesCaller whether the body reads {@code caller}
   */
  record Definition(
      String name,
      List<String> parameters,
      List<Expression> defaults,
      Body body,
      boolean catchVarargs,
      boolean catchKwargs,
      boolean usesCaller) {}

  private final Definition definition;
  private final Scope closure;

  Macro(Definition definition, Scope closure) {
    this.definition = definition;
    this.closure = closure;
  }

  @Override
  Object call(CallArguments args, RenderContext context) {
    int levels = 2 + definition.body.depth();
    context.budget.enter(levels);
    context.budget.chargeWork(definition.parameters.size());
    Scope scope = new Scope(closure);
    bind(args, scope, context);
    Str text = context.capture(definition.body, scope);
    context.budget.leave(levels);
    return text;
  }

  private void bind(CallArguments args, Scope scope, RenderContext context) {
    List<String> names = definition.parameters;
    int positionalCount = args.positional().size();
    if (positionalCount > names.size() && !definition.catchVarargs) {
      throw new TemplateError(
          "macro '" + definition.name + "' takes " + names.size() + " arguments at most");
    }
    bindKeywords(args, scope, context);
    Scope outer = context.scope;
    context.scope = scope;
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      if (i < positionalCount) {
        scope.set(name, args.positional().get(i));
      } else if (args.keywords().containsKey(name)) {
        scope.set(name, args.keywords().get(name));
      } else if (definition.defaults.get(i) != null) {
        scope.set(name, definition.defaults.get(i).evaluate(context));
      } else {
        scope.set(name, new Undefined("parameter '" + name + "' was not provided"));
      }
    }
    context.scope = outer;
    if (definition.catchVarargs) {
      List<Object> varargs =
          args.positional().subList(Math.min(positionalCount, names.size()), positionalCount);
      scope.set("varargs", PyTuple.of(varargs.toArray()));
    }
  }

  /** Checks the keyword arguments, and collects those that are not parameters. */
  private void bindKeywords(CallArguments args, Scope scope, RenderContext context) {
    PyDict kwargs = new PyDict();
    boolean hasCaller = definition.parameters.contains("caller");
    for (Map.Entry<String, Object> each : args.keywords().entrySet()) {
      String name = each.getKey();
      int at = definition.parameters.indexOf(name);
      if (at >= 0 && at < args.positional().size()) {
        throw new TemplateError(
            "macro '" + definition.name + "': argument '" + name + "' is given twice");
      } else if (at < 0 && name.equals("caller") && definition.usesCaller) {
        scope.set(name, each.getValue());
        hasCaller = true;
      } else if (at < 0 && definition.catchKwargs) {
        kwargs.put(Str.of(name), each.getValue(), context.budget);
      } else if (at < 0) {
        throw new TemplateError("macro '" + definition.name + "' has no parameter '" + name + "'");
      }
    }
    if (definition.catchKwargs) {
      scope.set("kwargs", kwargs);
    }
    if (definition.usesCaller && !hasCaller) {
      scope.set("caller", new Undefined("no caller is defined"));
    }
  }

  @Override
  String name() {
    return definition.name;
  }

  @Override
  String typeName() {
    return "macro";
  }

  @Override
  String repr() {
    return "<Macro '" + definition.name + "'>";
  }

  @Override
  Object getAttribute(String name, RenderContext context) {
    switch (name) {
      case "name":
        return Str.of(definition.name);
      case "arguments":
        Object[] names = new Object[definition.parameters.size()];
        context.budget.chargeMemory((long) Budget.STRING_OVERHEAD * names.length);
        for (int i = 0; i < names.length; i++) {
          names[i] = Str.of(definition.parameters.get(i));
        }
        return PyTuple.of(names);
      case "catch_kwargs":
        return definition.catchKwargs;
      case "catch_varargs":
        return definition.catchVarargs;
      case "caller":
        return definition.usesCaller;
      default:
        return null;
    }
  }
}

package dev.myelin.chat.template;

import java.util.List;
import java.util.Map;

/** A macro, or the body of a call block. */
final class Macro extends Callable {
  /**
   * What a template says about a macro.
   *
   * @param defaults of each parameter, null where it has none
   * @param rest whether the body reads {@code varargs}
   * @param keywords whether it reads {@code kwargs}
   * @param caller whether it reads {@code caller}
   */
  record Code(
      String name,
      List<String> parameters,
      List<Expr> defaults,
      Body body,
      boolean rest,
      boolean keywords,
      boolean caller) {}

  private final Code code;
  private final Scope closure;

  Macro(Code code, Scope closure) {
    this.code = code;
    this.closure = closure;
  }

  @Override
  Object call(Args args, Render render) {
    int levels = 2 + code.body.depth();
    render.budget.enter(levels);
    render.budget.spend(code.parameters.size());
    Scope scope = new Scope(closure);
    bind(args, scope, render);
    Str text = render.capture(code.body, scope);
    render.budget.leave(levels);
    return text;
  }

  private void bind(Args args, Scope scope, Render render) {
    List<String> names = code.parameters;
    int given = args.positional().size();
    if (given > names.size() && !code.rest) {
      throw new Failure("macro '" + code.name + "' takes " + names.size() + " arguments at most");
    }
    keywords(args, scope, render);
    Scope outer = render.scope;
    render.scope = scope;
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      if (i < given) {
        scope.set(name, args.positional().get(i));
      } else if (args.named().containsKey(name)) {
        scope.set(name, args.named().get(name));
      } else if (code.defaults.get(i) != null) {
        scope.set(name, code.defaults.get(i).evaluate(render));
      } else {
        scope.set(name, new Undefined("parameter '" + name + "' was not provided"));
      }
    }
    render.scope = outer;
    if (code.rest) {
      List<Object> rest = args.positional().subList(Math.min(given, names.size()), given);
      scope.set("varargs", PyTuple.of(rest.toArray()));
    }
  }

  /** Checks the arguments with names, and passes on those that are no parameters. */
  private void keywords(Args args, Scope scope, Render render) {
    PyDict further = new PyDict();
    boolean called = code.parameters.contains("caller");
    for (Map.Entry<String, Object> each : args.named().entrySet()) {
      String name = each.getKey();
      int at = code.parameters.indexOf(name);
      if (at >= 0 && at < args.positional().size()) {
        throw new Failure("macro '" + code.name + "': argument '" + name + "' is given twice");
      } else if (at < 0 && name.equals("caller") && code.caller) {
        scope.set(name, each.getValue());
        called = true;
      } else if (at < 0 && code.keywords) {
        further.put(Str.of(name), each.getValue(), render.budget);
      } else if (at < 0) {
        throw new Failure("macro '" + code.name + "' has no parameter '" + name + "'");
      }
    }
    if (code.keywords) {
      scope.set("kwargs", further);
    }
    if (code.caller && !called) {
      scope.set("caller", new Undefined("no caller is defined"));
    }
  }

  @Override
  String name() {
    return code.name;
  }

  @Override
  String type() {
    return "macro";
  }

  @Override
  String shown() {
    return "<Macro '" + code.name + "'>";
  }

  @Override
  Object attribute(String name, Render render) {
    switch (name) {
      case "name":
        return Str.of(code.name);
      case "arguments":
        Object[] names = new Object[code.parameters.size()];
        render.budget.hold((long) Budget.STRING * names.length);
        for (int i = 0; i < names.length; i++) {
          names[i] = Str.of(code.parameters.get(i));
        }
        return PyTuple.of(names);
      case "catch_kwargs":
        return code.keywords;
      case "catch_varargs":
        return code.rest;
      case "caller":
        return code.caller;
      default:
        return null;
    }
  }
}

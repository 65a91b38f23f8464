package dev.myelin.chat.template;

/** The functions of every template: a line says the parameters, a line below what it does. */
final class Functions {
  /** Items that what a function makes counts for, an empty namespace for example. */
  private static final int OBJECT = 16;

  private Functions() {}

  private static String parameters(String name) {
    return switch (name) {
      case "cycler" -> "*";
      case "dict", "namespace" -> "[other] **";
      case "joiner" -> "[sep]";
      case "raise_exception" -> "message";
      case "range" -> "start [stop] [step]";
      case "strftime_now" -> "format";
      default -> null;
    };
  }

  private static Object call(String name, Object[] a, Args args, Render render) {
    return switch (name) {
      case "cycler" -> new Cycler(args.positional());
      case "dict" -> dict(a[0], args, render);
      case "joiner" -> new Joiner(TextFilters.or(a[0], Str.of(", ")));
      case "namespace" -> namespace(dict(a[0], args, render), render);
      case "raise_exception" -> throw new Failure(Repr.text(a[0], render.budget).text, -1, true);
      case "range" -> range(a);
      case "strftime_now" -> Strftime.format(render.now(), StrMethods.text(a[0], name), render);
      default -> throw new AssertionError(name);
    };
  }

  /** The function of this name, or null. */
  static Object find(String name) {
    return parameters(name) == null ? null : new Function(name);
  }

  private static final class Function extends Callable {
    private final String name;

    Function(String name) {
      this.name = name;
    }

    @Override
    Object call(Args args, Render render) {
      Object[] bound = Parameters.of(parameters(name)).bind(name, args);
      render.budget.items(OBJECT);
      return Functions.call(name, bound, args, render);
    }

    @Override
    String name() {
      return name;
    }
  }

  private static PyDict dict(Object other, Args args, Render render) {
    PyDict dict = new PyDict();
    if (other != null) {
      DictMethods.merge(dict, other, render.budget);
    }
    DictMethods.merge(dict, args.namedDict(render.budget), render.budget);
    return dict;
  }

  private static Namespace namespace(PyDict attributes, Render render) {
    Namespace namespace = new Namespace();
    for (PyDict.Entry entry : attributes.entries()) {
      namespace.set(StrMethods.text(entry.key, "namespace").text, entry.value);
    }
    return namespace;
  }

  private static PyRange range(Object[] a) {
    long first = Numbers.clamped(a[0], "range");
    if (a[1] == null) {
      return new PyRange(0, first, 1);
    }
    long step = a[2] == null ? 1 : Numbers.clamped(a[2], "range");
    return new PyRange(first, Numbers.clamped(a[1], "range"), step);
  }
}

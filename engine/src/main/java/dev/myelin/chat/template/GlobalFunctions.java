package dev.myelin.chat.template;

/** The global functions: their signatures, and their implementations. */
final class GlobalFunctions {
  /** The charge for the object that a function creates, in items. */
  private static final int OBJECT_ITEMS = 16;

  private GlobalFunctions() {}

  private static String signature(String name) {
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

  private static Object call(String name, Object[] a, CallArguments args, RenderContext context) {
    return switch (name) {
      case "cycler" -> new Cycler(args.positional());
      case "dict" -> dict(a[0], args, context);
      case "joiner" -> new Joiner(TextFilters.orDefault(a[0], Str.of(", ")));
      case "namespace" -> namespace(dict(a[0], args, context), context);
      case "raise_exception" ->
          throw new TemplateError(Repr.str(a[0], context.budget).text, -1, true);
      case "range" -> range(a);
      case "strftime_now" ->
          Strftime.format(context.now(), StrMethods.requireStr(a[0], name), context);
      default -> throw new AssertionError(name);
    };
  }

  /** The function of this name, or null. */
  static Object find(String name) {
    return signature(name) == null ? null : new Function(name);
  }

  private static final class Function extends Callable {
    private final String name;

    Function(String name) {
      this.name = name;
    }

    @Override
    Object call(CallArguments args, RenderContext context) {
      Object[] bound = Signature.of(signature(name)).bind(name, args);
      context.budget.chargeItems(OBJECT_ITEMS);
      return GlobalFunctions.call(name, bound, args, context);
    }

    @Override
    String name() {
      return name;
    }
  }

  private static PyDict dict(Object other, CallArguments args, RenderContext context) {
    PyDict dict = new PyDict();
    if (other != null) {
      DictMethods.merge(dict, other, context.budget);
    }
    DictMethods.merge(dict, args.keywordDict(context.budget), context.budget);
    return dict;
  }

  private static Namespace namespace(PyDict attributes, RenderContext context) {
    Namespace namespace = new Namespace();
    for (PyDict.Entry entry : attributes.entries()) {
      namespace.set(StrMethods.requireStr(entry.key, "namespace").text, entry.value);
    }
    return namespace;
  }

  private static PyRange range(Object[] a) {
    long first = Numbers.clampToLong(a[0], "range");
    if (a[1] == null) {
      return new PyRange(0, first, 1);
    }
    long step = a[2] == null ? 1 : Numbers.clampToLong(a[2], "range");
    return new PyRange(first, Numbers.clampToLong(a[1], "range"), step);
  }
}

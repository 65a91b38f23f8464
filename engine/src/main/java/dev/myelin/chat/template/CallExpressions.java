package dev.myelin.chat.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Expressions that call functions, filters and tests. */
final class CallExpressions {
  private CallExpressions() {}

  /**
   * The argument list of a call.
   *
   * @param varargs expression of {@code *args}, or null
   * @param kwargs expression of {@code **kwargs}, or null
   */
  record ArgumentList(
      List<Expression> positional,
      List<String> keywordNames,
      List<Expression> keywordValues,
      Expression varargs,
      Expression kwargs) {
    static final ArgumentList NONE = new ArgumentList(List.of(), List.of(), List.of(), null, null);

    CallArguments evaluate(RenderContext context) {
      if (positional.isEmpty() && keywordNames.isEmpty() && varargs == null && kwargs == null) {
        return CallArguments.NONE;
      }
      List<Object> values = new ArrayList<>(positional.size());
      for (Expression each : positional) {
        values.add(each.evaluate(context));
      }
      Map<String, Object> byName = keywordNames.isEmpty() ? Map.of() : new LinkedHashMap<>();
      for (int i = 0; i < keywordNames.size(); i++) {
        byName.put(keywordNames.get(i), keywordValues.get(i).evaluate(context));
      }
      if (varargs != null) {
        Object[] items = Values.items(varargs.evaluate(context), context.budget);
        context.budget.chargeItems(items.length);
        values.addAll(List.of(items));
      }
      return new CallArguments(values, kwargs == null ? byName : kwargs(byName, context));
    }

    private Map<String, Object> kwargs(Map<String, Object> byName, RenderContext context) {
      if (!(kwargs.evaluate(context) instanceof PyDict dict)) {
        throw new TemplateError("'**': expected a dict", kwargs.offset);
      }
      Map<String, Object> all = new LinkedHashMap<>(byName);
      context.budget.chargeItems(4L * dict.size());
      for (PyDict.Entry entry : dict.entries()) {
        if (!(entry.key instanceof Str name)) {
          throw new TemplateError("'**': a key is not a string", kwargs.offset);
        }
        if (all.put(name.text, entry.value) != null) {
          throw new TemplateError("argument '" + name + "' is given twice", kwargs.offset);
        }
      }
      return all;
    }
  }

  /** An expression with an argument list. */
  abstract static class WithArguments extends Expression {
    final ArgumentList arguments;

    WithArguments(int at, ArgumentList arguments) {
      super(at);
      this.arguments = arguments;
      children(arguments.positional);
      children(arguments.keywordValues);
      child(arguments.varargs);
      child(arguments.kwargs);
    }
  }

  static final class Call extends WithArguments {
    private final Expression callee;

    Call(int at, Expression callee, ArgumentList arguments) {
      super(at, arguments);
      this.callee = child(callee);
    }

    @Override
    Object evaluate(RenderContext context) {
      return evaluate(context, null);
    }

    /** Evaluates the call; passes the body of a call block as {@code caller} if it is not null. */
    Object evaluate(RenderContext context, Macro caller) {
      Object function = callee.evaluate(context);
      CallArguments args = arguments.evaluate(context);
      context.step(offset);
      if (!(Values.requireDefined(function) instanceof Callable callable)) {
        throw new TemplateError("'" + Values.typeName(function) + "' cannot be called");
      }
      return callable.call(caller == null ? args : args.with("caller", caller), context);
    }
  }

  static final class FilterCall extends WithArguments {
    private final String name;
    private final Expression value; // null in a filter or set block, which provides the value

    FilterCall(int at, String name, Expression value, ArgumentList arguments) {
      super(at, arguments);
      this.name = name;
      this.value = child(value);
    }

    @Override
    Object evaluate(RenderContext context) {
      return apply(value.evaluate(context), context);
    }

    /** Applies this filter and the filters before it to the text of a block. */
    Object evaluate(Str block, RenderContext context) {
      boolean inner = value instanceof FilterCall;
      return apply(inner ? ((FilterCall) value).evaluate(block, context) : block, context);
    }

    private Object apply(Object input, RenderContext context) {
      CallArguments args = arguments.evaluate(context);
      context.step(offset);
      return Filters.apply(name, input, args, context);
    }
  }

  static final class TestCall extends WithArguments {
    private final String name;
    private final Expression value;

    TestCall(int at, String name, Expression value, ArgumentList arguments) {
      super(at, arguments);
      this.name = name;
      this.value = child(value);
    }

    @Override
    Object evaluate(RenderContext context) {
      Object tested = value.evaluate(context);
      CallArguments args = arguments.evaluate(context);
      context.step(offset);
      return Tests.apply(name, tested, args, context);
    }
  }
}

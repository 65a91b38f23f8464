package dev.myelin.chat.template;

import java.util.List;

/** Literals. */
final class LiteralExpressions {
  private LiteralExpressions() {}

  static final class Constant extends Expression {
    final Object value;

    Constant(int at, Object value) {
      super(at);
      this.value = value;
    }

    @Override
    Object evaluate(RenderContext context) {
      context.step(offset);
      return value;
    }
  }

  static final class ListOrTuple extends Expression {
    final List<Expression> items;
    final boolean isTuple;

    ListOrTuple(int at, List<Expression> items, boolean isTuple) {
      super(at);
      this.items = children(items);
      this.isTuple = isTuple;
    }

    @Override
    Object evaluate(RenderContext context) {
      context.step(offset);
      context.budget.chargeItems(items.size() + 2L);
      Object[] values = new Object[items.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = items.get(i).evaluate(context);
      }
      return isTuple ? PyTuple.of(values) : PyList.of(values);
    }
  }

  static final class Dict extends Expression {
    private final List<Expression> keys;
    private final List<Expression> values;

    Dict(int at, List<Expression> keys, List<Expression> values) {
      super(at);
      this.keys = children(keys);
      this.values = children(values);
    }

    @Override
    Object evaluate(RenderContext context) {
      context.step(offset);
      context.budget.chargeItems(4);
      PyDict dict = new PyDict();
      for (int i = 0; i < keys.size(); i++) {
        Object key = keys.get(i).evaluate(context);
        Object value = values.get(i).evaluate(context);
        context.offset = keys.get(i).offset;
        dict.put(key, value, context.budget);
      }
      return dict;
    }
  }
}

package dev.myelin.chat.template;

import java.util.List;

/** Values that are written out in a template. */
final class Literals {
  private Literals() {}

  static final class Constant extends Expr {
    final Object value;

    Constant(int at, Object value) {
      super(at);
      this.value = value;
    }

    @Override
    Object evaluate(Render render) {
      render.step(at);
      return value;
    }
  }

  static final class Items extends Expr {
    final List<Expr> items;
    final boolean tuple;

    Items(int at, List<Expr> items, boolean tuple) {
      super(at);
      this.items = parts(items);
      this.tuple = tuple;
    }

    @Override
    Object evaluate(Render render) {
      render.step(at);
      render.budget.items(items.size() + 2L);
      Object[] values = new Object[items.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = items.get(i).evaluate(render);
      }
      return tuple ? PyTuple.of(values) : PyList.of(values);
    }
  }

  static final class Dict extends Expr {
    private final List<Expr> keys;
    private final List<Expr> values;

    Dict(int at, List<Expr> keys, List<Expr> values) {
      super(at);
      this.keys = parts(keys);
      this.values = parts(values);
    }

    @Override
    Object evaluate(Render render) {
      render.step(at);
      render.budget.items(4);
      PyDict dict = new PyDict();
      for (int i = 0; i < keys.size(); i++) {
        Object key = keys.get(i).evaluate(render);
        Object value = values.get(i).evaluate(render);
        render.at = keys.get(i).at;
        dict.put(key, value, render.budget);
      }
      return dict;
    }
  }
}

package dev.myelin.chat.template;

/** What + - * / // % ** do, by the types of the two operands. */
final class Arithmetic {
  private Arithmetic() {}

  static Object compute(String operator, Object a, Object b, Render render) {
    if (operator.equals("%") && a instanceof Str format) {
      return PercentFormat.format(format, b, render);
    }
    Values.defined(a);
    Values.defined(b);
    if (Values.number(a) && Values.number(b)) {
      return Numbers.compute(operator, a, b, render.budget);
    }
    Object result =
        switch (operator) {
          case "+" -> add(a, b, render);
          case "*" ->
              Values.integer(Numbers.plain(a)) ? repeat(b, a, render) : repeat(a, b, render);
          default -> null;
        };
    if (result == null) {
      throw new Failure(
          "'" + operator + "' between '" + Values.type(a) + "' and '" + Values.type(b) + "'");
    }
    return result;
  }

  private static Object add(Object a, Object b, Render render) {
    if (a instanceof Str x && b instanceof Str y) {
      boolean markup = x.markup || y.markup;
      return new StrBuilder(render.budget)
          .append(markup ? Html.escape(x, render) : x)
          .append(markup ? Html.escape(y, render) : y)
          .str()
          .markup(markup);
    }
    if (a instanceof PySeq x && b instanceof PySeq y && x.type().equals(y.type())) {
      if (x instanceof PyList || x instanceof PyTuple) {
        render.budget.items((long) x.size() + y.size());
        Object[] all = new Object[x.size() + y.size()];
        System.arraycopy(x.toArray(), 0, all, 0, x.size());
        System.arraycopy(y.toArray(), 0, all, x.size(), y.size());
        return x instanceof PyTuple ? PyTuple.of(all) : PyList.of(all);
      }
    }
    return null;
  }

  private static Object repeat(Object value, Object times, Render render) {
    if (!Values.integer(Numbers.plain(times))) {
      return null;
    }
    long count = Math.max(0, Numbers.clamped(times, "*"));
    if (value instanceof Str text) {
      return new StrBuilder(render.budget).repeat(text, count).str().markup(text.markup);
    }
    if (value instanceof PyList || value instanceof PyTuple) {
      Object[] items = ((PySeq) value).toArray();
      render.budget.check(items.length, count);
      render.budget.items(items.length * count);
      Object[] all = new Object[(int) (items.length * count)];
      for (int i = 0; i < all.length; i++) {
        all[i] = items[i % items.length];
      }
      return value instanceof PyTuple ? PyTuple.of(all) : PyList.of(all);
    }
    return null;
  }
}

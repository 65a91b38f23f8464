package dev.myelin.chat.template;

/** The operators + - * / // % **, by the types of the two operands. */
final class Arithmetic {
  private Arithmetic() {}

  static Object compute(String operator, Object a, Object b, RenderContext context) {
    if (operator.equals("%") && a instanceof Str format) {
      return PercentFormat.format(format, b, context);
    }
    Values.requireDefined(a);
    Values.requireDefined(b);
    if (Values.isNumber(a) && Values.isNumber(b)) {
      return Numbers.compute(operator, a, b, context.budget);
    }
    Object result =
        switch (operator) {
          case "+" -> add(a, b, context);
          case "*" ->
              Values.isInteger(Numbers.boolToInt(a))
                  ? repeat(b, a, context)
                  : repeat(a, b, context);
          default -> null;
        };
    if (result == null) {
      throw new TemplateError(
          "'"
              + operator
              + "' between '"
              + Values.typeName(a)
              + "' and '"
              + Values.typeName(b)
              + "'");
    }
    return result;
  }

  private static Object add(Object a, Object b, RenderContext context) {
    if (a instanceof Str x && b instanceof Str y) {
      boolean markup = x.markup || y.markup;
      return new StrBuilder(context.budget)
          .append(markup ? Html.escape(x, context) : x)
          .append(markup ? Html.escape(y, context) : y)
          .build()
          .markup(markup);
    }
    if (a instanceof PySequence x
        && b instanceof PySequence y
        && x.typeName().equals(y.typeName())) {
      if (x instanceof PyList || x instanceof PyTuple) {
        context.budget.chargeItems((long) x.size() + y.size());
        Object[] all = new Object[x.size() + y.size()];
        System.arraycopy(x.toArray(), 0, all, 0, x.size());
        System.arraycopy(y.toArray(), 0, all, x.size(), y.size());
        return x instanceof PyTuple ? PyTuple.of(all) : PyList.of(all);
      }
    }
    return null;
  }

  private static Object repeat(Object value, Object factor, RenderContext context) {
    if (!Values.isInteger(Numbers.boolToInt(factor))) {
      return null;
    }
    long count = Math.max(0, Numbers.clampToLong(factor, "*"));
    if (value instanceof Str text) {
      return new StrBuilder(context.budget).repeat(text, count).build().markup(text.markup);
    }
    if (value instanceof PyList || value instanceof PyTuple) {
      Object[] items = ((PySequence) value).toArray();
      context.budget.requireCopies(items.length, count);
      context.budget.chargeItems(items.length * count);
      Object[] all = new Object[(int) (items.length * count)];
      for (int i = 0; i < all.length; i++) {
        all[i] = items[i % items.length];
      }
      return value instanceof PyTuple ? PyTuple.of(all) : PyList.of(all);
    }
    return null;
  }
}

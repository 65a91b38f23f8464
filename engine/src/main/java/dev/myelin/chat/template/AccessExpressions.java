package dev.myelin.chat.template;

/** Expressions that read names, attributes, items and slices. */
final class AccessExpressions {
  private AccessExpressions() {}

  static final class Name extends Expression {
    final String name;

    Name(int at, String name) {
      super(at);
      this.name = name;
    }

    @Override
    Object evaluate(RenderContext context) {
      context.step(offset);
      return context.resolve(name);
    }
  }

  static final class GetAttribute extends Expression {
    final Expression owner;
    final String name;

    GetAttribute(int at, Expression owner, String name) {
      super(at);
      this.owner = child(owner);
      this.name = name;
    }

    @Override
    Object evaluate(RenderContext context) {
      Object value = owner.evaluate(context);
      context.step(offset);
      return Lookup.getAttribute(value, name, context);
    }
  }

  static final class GetItem extends Expression {
    private final Expression owner;
    private final Expression key;

    GetItem(int at, Expression owner, Expression key) {
      super(at);
      this.owner = child(owner);
      this.key = child(key);
    }

    @Override
    Object evaluate(RenderContext context) {
      Object value = owner.evaluate(context);
      Object index = key.evaluate(context);
      context.step(offset);
      return Lookup.getItem(value, index, context);
    }
  }

  static final class SliceExpression extends Expression {
    private final Expression start;
    private final Expression stop;
    private final Expression step;

    SliceExpression(int at, Expression start, Expression stop, Expression step) {
      super(at);
      this.start = child(start);
      this.stop = child(stop);
      this.step = child(step);
    }

    @Override
    Object evaluate(RenderContext context) {
      return new Slice(
          evaluateOrNone(start, context),
          evaluateOrNone(stop, context),
          evaluateOrNone(step, context));
    }

    private static Object evaluateOrNone(Expression expression, RenderContext context) {
      return expression == null ? None.NONE : expression.evaluate(context);
    }
  }
}

package dev.myelin.chat.template;

/** Names, attributes, items and slices. */
final class Access {
  private Access() {}

  static final class Name extends Expr {
    final String name;

    Name(int at, String name) {
      super(at);
      this.name = name;
    }

    @Override
    Object evaluate(Render render) {
      render.step(at);
      return render.name(name);
    }
  }

  static final class Attribute extends Expr {
    final Expr owner;
    final String name;

    Attribute(int at, Expr owner, String name) {
      super(at);
      this.owner = part(owner);
      this.name = name;
    }

    @Override
    Object evaluate(Render render) {
      Object value = owner.evaluate(render);
      render.step(at);
      return Attributes.attribute(value, name, render);
    }
  }

  static final class Item extends Expr {
    private final Expr owner;
    private final Expr key;

    Item(int at, Expr owner, Expr key) {
      super(at);
      this.owner = part(owner);
      this.key = part(key);
    }

    @Override
    Object evaluate(Render render) {
      Object value = owner.evaluate(render);
      Object index = key.evaluate(render);
      render.step(at);
      return Attributes.item(value, index, render);
    }
  }

  static final class SliceOf extends Expr {
    private final Expr start;
    private final Expr stop;
    private final Expr step;

    SliceOf(int at, Expr start, Expr stop, Expr step) {
      super(at);
      this.start = part(start);
      this.stop = part(stop);
      this.step = part(step);
    }

    @Override
    Object evaluate(Render render) {
      return new Slice(value(start, render), value(stop, render), value(step, render));
    }

    private static Object value(Expr expression, Render render) {
      return expression == null ? None.NONE : expression.evaluate(render);
    }
  }
}

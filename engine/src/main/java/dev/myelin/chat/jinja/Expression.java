package dev.myelin.chat.jinja;

/** A parsed expression. */
interface Expression {
  /** Computes the value; call {@link #value} instead, which pays for it. */
  Object evaluate(Render render);

  default Object value(Render render) {
    render.spend(1);
    return evaluate(render);
  }
}

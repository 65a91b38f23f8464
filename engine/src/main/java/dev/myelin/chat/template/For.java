package dev.myelin.chat.template;

/** A for block. */
final class For extends Stmt {
  final Target target;
  final Expr test; // may be null
  final Body body;
  final Body otherwise; // may be null
  final boolean recursive;
  private final Expr items;

  For(int at, Target target, Expr items, Expr test, Body body, Body otherwise, boolean recursive) {
    super(at);
    this.target = part(target);
    this.items = part(items);
    this.test = part(test);
    this.body = part(body);
    this.otherwise = part(otherwise);
    this.recursive = recursive;
  }

  @Override
  void execute(Render render) {
    Object value = items.evaluate(render);
    render.at = at;
    new Loop(this, Values.sequence(value, render.budget), render.scope, 0, render).run();
  }
}

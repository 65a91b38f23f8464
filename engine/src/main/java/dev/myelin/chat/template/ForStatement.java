package dev.myelin.chat.template;

/** A for loop. */
final class ForStatement extends Statement {
  final Target target;
  final Expression filter; // may be null
  final Body body;
  final Body elseBody; // may be null
  final boolean recursive;
  private final Expression items;

  ForStatement(
      int at,
      Target target,
      Expression items,
      Expression filter,
      Body body,
      Body elseBody,
      boolean recursive) {
    super(at);
    this.target = child(target);
    this.items = child(items);
    this.filter = child(filter);
    this.body = child(body);
    this.elseBody = child(elseBody);
    this.recursive = recursive;
  }

  @Override
  void execute(RenderContext context) {
    Object value = items.evaluate(context);
    context.offset = offset;
    new LoopContext(this, Values.toSequence(value, context.budget), context.scope, 0, context)
        .run();
  }
}

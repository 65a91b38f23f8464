package dev.myelin.chat.template;

import java.util.List;

/** A sequence of statements. Execution stops at a break or continue. */
final class Body extends Statement {
  private final Statement[] statements;

  Body(int at, List<Statement> statements) {
    super(at);
    this.statements = children(statements).toArray(new Statement[0]);
  }

  @Override
  void execute(RenderContext context) {
    for (Statement statement : statements) {
      context.step(statement.offset);
      statement.execute(context);
      if (context.jump != RenderContext.Jump.NONE) {
        return;
      }
    }
  }
}

package dev.myelin.chat.template;

import java.util.List;

/** Statements, one after the other, up to a jump. */
final class Body extends Stmt {
  private final Stmt[] statements;

  Body(int at, List<Stmt> statements) {
    super(at);
    this.statements = parts(statements).toArray(new Stmt[0]);
  }

  @Override
  void execute(Render render) {
    for (Stmt statement : statements) {
      render.step(statement.at);
      statement.execute(render);
      if (render.jump != Render.Jump.NONE) {
        return;
      }
    }
  }
}

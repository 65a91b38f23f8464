package dev.myelin.chat.template;

/** An expression. */
abstract class Expr extends Node {
  Expr(int at) {
    super(at);
  }

  abstract Object evaluate(Render render);
}

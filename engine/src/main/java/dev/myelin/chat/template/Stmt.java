package dev.myelin.chat.template;

/** A statement, or text. */
abstract class Stmt extends Node {
  Stmt(int at) {
    super(at);
  }

  abstract void execute(Render render);
}

package dev.myelin.chat.template;

/** A statement or template data. */
abstract class Statement extends Node {
  Statement(int at) {
    super(at);
  }

  abstract void execute(RenderContext context);
}

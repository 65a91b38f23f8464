package dev.myelin.chat.template;

/** An expression. */
abstract class Expression extends Node {
  Expression(int at) {
    super(at);
  }

  abstract Object evaluate(RenderContext context);
}

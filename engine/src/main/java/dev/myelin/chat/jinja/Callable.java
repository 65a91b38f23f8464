package dev.myelin.chat.jinja;

/** A function, macro or bound method of a template. */
@FunctionalInterface
interface Callable {
  Object call(Arguments arguments, Render render);
}

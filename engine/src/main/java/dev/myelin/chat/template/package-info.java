/**
 * A Jinja2 engine for chat templates. Rendering has a budget of time and memory, and tracks the
 * origin of every character.
 *
 * <p>A {@link dev.myelin.chat.template.Template} is parsed by {@code Lexer} and {@code Parser} into
 * a tree of {@code Statement} and {@code Expression} nodes, which run in a {@code RenderContext}.
 * Values are {@code Str}, Boolean, Long, BigInteger, Double, {@code None}, {@code Undefined},
 * {@code PySequence}, {@code PyDict}, {@code PyGenerator} and {@code Callable}. Templates cannot
 * reach any other object; there is no reflection.
 */
package dev.myelin.chat.template;

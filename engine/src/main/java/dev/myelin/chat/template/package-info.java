/**
 * Jinja2, as chat templates use it: parsed once, rendered with a budget of time and memory, and
 * with the origin of every character known.
 *
 * <p>A {@link dev.myelin.chat.template.Template} is read by {@code Lexer} and {@code Parser} into a
 * tree of {@code Stmt} and {@code Expr}, which run in a {@code Render}. Values are {@code Str},
 * Boolean, Long, BigInteger, Double, {@code None}, {@code Undefined}, {@code PySeq}, {@code
 * PyDict}, {@code Generator} and {@code Callable}; nothing else gets in, and nothing is reached by
 * reflection.
 */
package dev.myelin.chat.template;

/**
 * The Jinja2 of chat templates, on Jinjava: Jinjava splits a template into text, expressions and
 * nested tags; the expressions, the values and the meaning of each tag are Jinja2's, written here,
 * because Jinjava's own differ in what chat templates rely on (undefined, None, slices, keyword
 * arguments, scopes, the methods of strings) and reach Java objects by reflection.
 *
 * <p>Nothing here reflects: a template sees strings, numbers, booleans, lists, maps and the
 * functions in the registers of this package. Every step and every character made is paid for out
 * of a {@link dev.myelin.chat.jinja.Budget}.
 */
package dev.myelin.chat.jinja;

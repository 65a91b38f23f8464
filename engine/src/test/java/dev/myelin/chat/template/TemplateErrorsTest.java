package dev.myelin.chat.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Errors report line, column and reason. */
class TemplateErrorsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '¦',
      quoteCharacter = '`',
      value = {
        "{{ nope() }} ¦ 1 ¦ 'nope' is undefined",
        "a⏎{{ m.x.y }} ¦ 2 ¦ 'dict' has no attribute 'x'",
        "{%- if true -%}⏎⏎⏎{{- m.x.y -}}{% endif %} ¦ 4 ¦ 'dict' has no attribute 'x'",
        "a⏎⏎{#- c⏎c -#}⏎{% set x = 1 + '1' %} ¦ 5 ¦ '+' between 'int' and 'str'",
        "⏎{% for a in m -%}⏎⏎{{ a + 1 }}⏎{% endfor %} ¦ 4 ¦ '+' between 'str' and 'int'",
        "{% macro f() %}⏎⏎{{ [1] + 1 }}{% endmacro %}⏎⏎{{ f() }} ¦ 3 ¦ '+' between 'list' and"
            + " 'int'",
        "⏎{{ s | shout }} ¦ 2 ¦ unknown filter 'shout'",
        "⏎{% if s is loud %}{% endif %} ¦ 2 ¦ unknown test 'loud'",
        "⏎{% for a b in s %}{% endfor %} ¦ 2 ¦ 'b': expected 'in'",
        "⏎{% for a in none %}{% endfor %} ¦ 2 ¦ 'None' is not iterable",
        "⏎{% for a, b in [[1, 2, 3]] %}{% endfor %} ¦ 2 ¦ 3 values for the 2 names [a, b]",
        "⏎{% set s.x = 1 %} ¦ 2 ¦ set s.x: only attributes of a namespace can be set",
        "⏎⏎{{ 'open }} ¦ 3 ¦ a string is not closed",
        "⏎⏎{{ open ¦ 3 ¦ '}}' is missing",
        "⏎{% if true ¦ 2 ¦ '%}' is missing",
        "⏎{# open ¦ 2 ¦ a comment is not closed",
        "⏎{% raw %} open ¦ 2 ¦ a raw block is not closed",
        "⏎{% else %} ¦ 2 ¦ 'else' belongs to no 'if' or 'for'",
        "⏎{% break %} ¦ 2 ¦ 'break' outside of a loop",
        "⏎{% include 'x' %} ¦ 2 ¦ the tag 'include' is not supported",
        "⏎{{ 1 // 0 }} ¦ 2 ¦ '//': / by zero",
        "⏎{{ s[::0] }} ¦ 2 ¦ slice step = 0: expected a nonzero number",
        "⏎{{ 1 $ 2 }} ¦ 2 ¦ unexpected character '$'",
        "⏎{{ (1 + ) }} ¦ 2 ¦ ')' is unexpected",
        "⏎{{ f(a=1 b=2) }} ¦ 2 ¦ 'b': expected ','",
        "⏎{{ s.split('') }} ¦ 2 ¦ split: the separator is empty",
        "⏎{{ s.split() | map('nope') | list }} ¦ 2 ¦ unknown filter 'nope'",
        "⏎{{ s.replace('a') }} ¦ 2 ¦ missing argument 'new'",
        "⏎{{ u | tojson }} ¦ 2 ¦ 'u' is undefined",
        "⏎{{ {[1]: 2} }} ¦ 2 ¦ 'list' cannot be a key",
        "⏎{{ strftime_now('%Q') }} ¦ 2 ¦ strftime_now: unknown field %Q",
        "{% macro f(a) %}{% endmacro %}⏎{{ f(1, 2) }} ¦ 2 ¦ macro 'f' takes 1 arguments at most",
        "{% macro f(a) %}{% endmacro %}⏎{{ f(b=2) }} ¦ 2 ¦ macro 'f' has no parameter 'b'",
        "⏎{{ [1].pop(7) }} ¦ 2 ¦ pop: the list has no item 7",
        "⏎{{ raise_exception('no ' ~ s) }} ¦ 2 ¦ no text",
        "⏎{{ s | random }} ¦ 2 ¦ random: not supported, because a prompt must be reproducible",
        "⏎{% extends 'x' %} ¦ 2 ¦ the tag 'extends' is not supported",
        "⏎{% block a required %}{% endblock %} ¦ 2 ¦ block 'a' is required, and nothing extends it",
        "⏎{{ s.upper }} ¦ 2 ¦ 'upper' is a method: call it",
        "⏎{{ s() }} ¦ 2 ¦ 'str' cannot be called",
        "⏎{{ loop(s) }} ¦ 2 ¦ 'loop' is undefined",
        "{% for a in s %}⏎{{ loop(s) }}{% endfor %} ¦ 2 ¦ 'loop' can be called in a recursive loop"
            + " only",
        "{% macro f() %}{% endmacro %}⏎{% call f() %}{% endcall %} ¦ 2 ¦ macro 'f' has no parameter"
            + " 'caller'",
        "⏎{% call s %}{% endcall %} ¦ 2 ¦ call: expected a call of a macro",
        "⏎{{ '%d' % s }} ¦ 2 ¦ '%d': expected a number, not 'str'",
        "⏎{{ '%y' % 1 }} ¦ 2 ¦ '%y' is not known",
        "⏎{{ '%s %s' % (1,) }} ¦ 2 ¦ '%': not enough values for the format",
        "⏎{{ '%s' % (1, 2) }} ¦ 2 ¦ '%': not all values are used by the format",
        "⏎{{ '{:q}'.format(1) }} ¦ 2 ¦ format: 'q' does not fit 'int'",
        "⏎{{ '{1}'.format(1) }} ¦ 2 ¦ format: argument 1 is missing",
        "⏎{{ '{0[]}'.format(s) }} ¦ 2 ¦ format: empty attribute or item name",
        "⏎{{ '{0[0]x}'.format(s) }} ¦ 2 ¦ format: ']' needs '.' or '[' after it",
        "⏎{{ s.encode() }} ¦ 2 ¦ 'str' has no attribute 'encode'",
        "⏎{{ [2, 'a'] | sort }} ¦ 2 ¦ '<' between 'str' and 'int'",
        "⏎{{ 9 ** 9 ** 99 ** 99 }} ¦ 2 ¦ '**': the result has more than 4000 digits",
        "⏎{{ f(a, *b, c) }} ¦ 2 ¦ a positional argument follows a keyword argument",
        "⏎{% macro f(a, a) %}{% endmacro %} ¦ 2 ¦ parameter 'a' is named twice",
        "⏎{{ 1 + (2 }} ¦ 2 ¦ '}': expected ')'",
      })
  void reportsLineAndReason(String template, int line, String message) {
    TemplateException e = failure(template.replace('⏎', '\n'));
    assertThat(e).hasMessage(message);
    assertThat(e.line()).isEqualTo(line);
    assertThat(e.column()).isPositive();
    assertThat(e.isRaisedByTemplate()).isEqualTo(template.contains("raise_exception"));
  }

  @ParameterizedTest
  @CsvSource({
    "'{{ nope() }}', 1, 4",
    "'ab{{ s + 1 }}', 1, 8",
    "'ab\n  {{ s | shout }}', 2, 10",
    "'\n{% if x %}', 2, 4",
    "'🙂{{ 1 // 0 }}', 1, 7",
    "'{{ [1, 2,\n {s: 1}, {[1]: 2}] }}', 2, 11",
  })
  void reportsColumnInCharacters(String template, int line, int column) {
    TemplateException e = failure(template);
    assertThat(e.line()).isEqualTo(line);
    assertThat(e.column()).isEqualTo(column);
  }

  @Test
  void reportsUnmatchedTags() {
    assertThat(failure("\n{% if s %}\n")).hasMessageContaining("endif");
    assertThat(failure("\n{% for a in s %}\n{% endif %}")).hasMessageContaining("endfor");
    assertThat(failure("{% endif %}")).hasMessageContaining("start tag");
    assertThat(failure("{% nosuch %}")).hasMessageContaining("nosuch");
  }

  @Test
  void templateIsUsableAfterFailure() {
    Template template = Template.parse("{{ m.k + 1 }}");
    assertThat(
            catchThrowableOfType(
                TemplateException.class,
                () -> template.render(Map.of("m", Map.of("k", "x")), Jinja2ReferenceTest.NOW)))
        .isNotNull();
    assertThat(template.render(Map.of("m", Map.of("k", 1)), Jinja2ReferenceTest.NOW).text())
        .isEqualTo("2");
  }

  private static TemplateException failure(String template) {
    TemplateException failure =
        catchThrowableOfType(
            TemplateException.class,
            () ->
                Template.parse(template)
                    .render(Map.of("m", Map.of("k", "v"), "s", "text"), Jinja2ReferenceTest.NOW)
                    .text());
    assertThat(failure).as(template).isNotNull();
    return failure;
  }
}

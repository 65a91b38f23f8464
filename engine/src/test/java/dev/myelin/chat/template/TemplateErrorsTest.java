package dev.myelin.chat.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Errors say what is wrong, and in which line. */
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
        "⏎{{ s | shout }} ¦ 2 ¦ no filter is called 'shout'",
        "⏎{% if s is loud %}{% endif %} ¦ 2 ¦ no test is called 'loud'",
        "⏎{% for a b in s %}{% endfor %} ¦ 2 ¦ 'b': expected 'in'",
        "⏎{% for a in none %}{% endfor %} ¦ 2 ¦ 'None' cannot be looped over",
        "⏎{% for a, b in [[1, 2, 3]] %}{% endfor %} ¦ 2 ¦ 3 values for the 2 names [a, b]",
        "⏎{% set s.x = 1 %} ¦ 2 ¦ set s.x: only a namespace's attributes can be set",
        "⏎⏎{{ 'open }} ¦ 3 ¦ a string is not closed",
        "⏎⏎{{ open ¦ 3 ¦ '}}' is missing",
        "⏎{% if true ¦ 2 ¦ '%}' is missing",
        "⏎{# open ¦ 2 ¦ a comment is not closed",
        "⏎{% raw %} open ¦ 2 ¦ a raw block is not closed",
        "⏎{% else %} ¦ 2 ¦ 'else' belongs to no 'if' or 'for'",
        "⏎{% break %} ¦ 2 ¦ 'break' outside of a loop",
        "⏎{% include 'x' %} ¦ 2 ¦ the tag 'include' is not supported",
        "⏎{{ 1 // 0 }} ¦ 2 ¦ '//': / by zero",
        "⏎{{ s[::0] }} ¦ 2 ¦ slice step = 0: expected another number",
        "⏎{{ 1 $ 2 }} ¦ 2 ¦ unexpected character '$'",
        "⏎{{ (1 + ) }} ¦ 2 ¦ ')' was not expected here",
        "⏎{{ f(a=1 b=2) }} ¦ 2 ¦ 'b': expected ','",
        "⏎{{ s.split('') }} ¦ 2 ¦ split: the separator is empty",
        "⏎{{ s.split() | map('nope') | list }} ¦ 2 ¦ no filter is called 'nope'",
        "⏎{{ s.replace('a') }} ¦ 2 ¦ missing argument 'new'",
        "⏎{{ u | tojson }} ¦ 2 ¦ 'u' is undefined",
        "⏎{{ {[1]: 2} }} ¦ 2 ¦ 'list' cannot be a key",
        "⏎{{ strftime_now('%Q') }} ¦ 2 ¦ strftime_now does not know %Q",
        "{% macro f(a) %}{% endmacro %}⏎{{ f(1, 2) }} ¦ 2 ¦ macro 'f' takes 1 arguments at most",
        "{% macro f(a) %}{% endmacro %}⏎{{ f(b=2) }} ¦ 2 ¦ macro 'f' has no parameter 'b'",
        "⏎{{ [1].pop(7) }} ¦ 2 ¦ pop: the list has no item 7",
        "⏎{{ raise_exception('no ' ~ s) }} ¦ 2 ¦ no text",
      })
  void namesTheLineAndTheReason(String template, int line, String message) {
    TemplateException e = failure(template.replace('⏎', '\n'));
    assertThat(e).hasMessage(message);
    assertThat(e.line()).isEqualTo(line);
    assertThat(e.raised()).isEqualTo(template.contains("raise_exception"));
  }

  @Test
  void tagsThatDoNotMatchAreNamed() {
    assertThat(failure("\n{% if s %}\n")).hasMessageContaining("endif");
    assertThat(failure("\n{% for a in s %}\n{% endif %}")).hasMessageContaining("endfor");
    assertThat(failure("{% endif %}")).hasMessageContaining("start tag");
    assertThat(failure("{% nosuch %}")).hasMessageContaining("nosuch");
  }

  @Test
  void aFailureLeavesTheTemplateUsable() {
    Template template = Template.parse("{{ m.k + 1 }}");
    assertThat(
            catchThrowableOfType(
                TemplateException.class,
                () -> template.render(Map.of("m", Map.of("k", "x")), ReferenceTest.NOW)))
        .isNotNull();
    assertThat(template.render(Map.of("m", Map.of("k", 1)), ReferenceTest.NOW).text())
        .isEqualTo("2");
  }

  private static TemplateException failure(String template) {
    TemplateException failure =
        catchThrowableOfType(
            TemplateException.class,
            () ->
                Template.parse(template)
                    .render(Map.of("m", Map.of("k", "v"), "s", "text"), ReferenceTest.NOW)
                    .text());
    assertThat(failure).as(template).isNotNull();
    return failure;
  }
}

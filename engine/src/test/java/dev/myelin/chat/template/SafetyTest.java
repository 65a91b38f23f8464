package dev.myelin.chat.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Templates are untrusted: they cannot reach Java objects, and they end. */
class SafetyTest {
  private static final Map<String, Object> VARIABLES =
      Map.of("messages", List.of(Map.of("role", "user", "content", "{{ 7 * 7 }}{% raw %}")));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ ''.class }}",
        "{{ ''['class'] }}",
        "{{ messages.class }}",
        "{{ messages[0]['class'] }}",
        "{{ 1.0.class }}",
        "{{ raise_exception.class }}",
        "{{ range.__globals__ }}",
        "{{ namespace(a=1).class }}",
        "{{ ''.__class__ }}",
        "{{ ''|attr('class') }}",
        "{% block a %}{{ ''.class }}{% endblock %}",
        "{{ ____int3rpr3t3r____ }}",
        "{{ __macros__ }}",
        "{{ import_resource_path }}",
        "{{ interpreter }}",
        "{{ self }}",
        "{{ ' body' }}{{ body }}",
      })
  void cannotReachJavaObjects(String template) {
    assertThat(render(template).strip()).isIn("", "body");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ ''.getClass() }}",
        "{{ messages.getClass().forName('java.lang.Runtime') }}",
        "{{ messages.stream() }}",
        "{{ ''.getBytes() }}",
        "{{ 'x'.repeat(3) }}",
        "{{ ''|random }}",
        "{{ filter:length.filter('a', ____int3rpr3t3r____) }}",
        "{{ lipsum() }}",
        "{{ today() }}",
        "{{ type(1) }}",
        "{% include 'x' %}",
        "{% import '/etc/passwd' as x %}",
        "{% from 'x' import y %}",
        "{% extends 'a' %}",
        "{% call x() %}{% endcall %}",
        "{% do messages.clear() %}",
        "{% unless 1 %}{% endunless %}",
        "{{ messages.append(1) }}",
        "{{ messages.pop() }}",
        "{{ messages[0].update(role='system') }}",
        "{{ messages[0].pop('role') }}",
      })
  void rejectsUnsupportedSyntax(String template) {
    assertThatExceptionOfType(TemplateException.class).isThrownBy(() -> render(template));
  }

  @Test
  void messagesAreNotParsedAsTemplates() {
    assertThat(render("{{ messages[0].content }}")).isEqualTo("{{ 7 * 7 }}{% raw %}");
    assertThat(render("{% set x = messages[0].content %}{{ x ~ x }}"))
        .isEqualTo("{{ 7 * 7 }}{% raw %}{{ 7 * 7 }}{% raw %}");
  }

  static List<String> nonTerminating() {
    String doubling = "{%% set ns = namespace(s=%s) %%}{%% for i in range(%d) %%}%s{%% endfor %%}";
    return List.of(
        "{{ range(1000000000) }}",
        "{{ range(-9223372036854775807, 9223372036854775807) }}",
        "{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}",
        "{% for a in range(90000) %}{% for b in range(90000) %}text{% endfor %}{% endfor %}",
        "{% for a in range(90000) if range(90000) | sum %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
        "{% macro m(x=m()) %}{% endmacro %}{{ m() }}",
        doubling.formatted("'x'", 100, "{% set ns.s = ns.s ~ ns.s %}"),
        doubling.formatted("'x'", 100, "{% set ns.s = ns.s + ns.s %}"),
        doubling.formatted("'x'", 100, "{% set ns.s = [ns.s, ns.s] | join %}"),
        doubling.formatted("'x'", 100, "{% set ns.s = ns.s | replace('x', 'xx') %}"),
        doubling.formatted("'x'", 100, "{% set ns.s = '{0}{0}'.format(ns.s) %}"),
        doubling.formatted("'x'", 100, "{% set ns.s = '%s%s' % (ns.s, ns.s) %}"),
        doubling
            .formatted("'x'", 100, "{% set ns.s %}{{ ns.s }}{{ ns.s }}{% endset %}")
            .replace("{% set ns.s %}", "{% set b %}")
            .replace("{% endset %}", "{% endset %}{% set ns.s = b %}"),
        doubling.formatted("[1]", 100, "{% set ns.s = ns.s + ns.s %}"),
        doubling.formatted("[1]", 60, "{% set ns.s = [ns.s, ns.s] %}") + "{{ ns.s }}",
        doubling.formatted("[1]", 60, "{% set ns.s = [ns.s, ns.s] %}") + "{{ ns.s | tojson }}",
        doubling.formatted("[1]", 60, "{% set ns.s = [ns.s, ns.s] %}")
            + "{% set a = ns.s %}{% set ns.s = [1] %}"
            + "{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ a == ns.s }}",
        doubling.formatted("[1]", 60, "{% set ns.s = [ns.s, ns.s] %}") + "{{ {ns.s: 1} }}",
        doubling.formatted("[1]", 60, "{% set ns.s = [ns.s, ns.s] %}") + "{{ ns.s | string }}",
        "{{ 'a' * 1000000000 }}",
        "{{ 'a' * 9223372036854775807 }}",
        "{{ [1] * 1000000000 }}",
        "{{ ('a' * 1000000).replace('a', 'b' * 1000000) }}",
        "{{ ('a' * 1000000).replace('', 'b' * 1000000) }}",
        "{{ range(100000) | join('b' * 1000000) }}",
        "{{ ('b' * 1000000).join(('a' * 100000) | list) }}",
        "{{ ('a\\n' * 100000) | indent(1000000000) }}",
        "{{ ('a\\n' * 100000) | indent('x' * 100000) }}",
        "{{ range(100000) | map('replace', '', 'x' * 1000000) | list }}",
        "{% set l = [] %}{% set _ = l.append(l) %}{{ l }}",
        "{% set l = [] %}{% set _ = l.append(l) %}{{ l | tojson }}",
        "{% set d = {} %}{% set _ = d.update(a=d) %}{{ d }}",
        "{{ 9 ** 9 ** 99 ** 99 }}",
        "{{ 9 ** (9 ** 99) }}",
        "{{ " + "(".repeat(100_000) + "1" + ")".repeat(100_000) + " }}",
        "{{ " + "[".repeat(100_000) + "]".repeat(100_000) + " }}",
        "{{ " + "-".repeat(100_000) + "1 }}",
        "{{ 1" + " + 1".repeat(100_000) + " }}",
        "{{ x" + ".a".repeat(100_000) + " }}",
        "{{ x" + "|upper".repeat(100_000) + " }}",
        "{{ 1" + " if 1 else 1".repeat(50_000) + " }}",
        "{% if 1 %}".repeat(5000) + "{% endif %}".repeat(5000),
        "{% set x %}".repeat(5000) + "{% endset %}".repeat(5000),
        " ".repeat((1 << 20) + 1));
  }

  @ParameterizedTest
  @MethodSource("nonTerminating")
  void nonTerminatingTemplatesFail(String template) {
    TemplateException failure =
        assertTimeoutPreemptively(
            Duration.ofSeconds(20),
            () -> {
              try {
                return new TemplateException(
                    "rendered: " + render(template).length(), 0, 0, true, null);
              } catch (TemplateException e) {
                return e;
              }
            });
    assertThat(failure.isRaisedByTemplate()).as(failure.getMessage()).isFalse();
  }

  /** The budget grows with the messages, so that long conversations render. */
  @Test
  void rendersLongConversations() {
    String content = "word ".repeat(200_000);
    List<Map<String, String>> messages =
        Collections.nCopies(30, Map.of("role", "user", "content", content));
    String template =
        "{% for m in messages %}{% set c = m.content | trim %}{{ '<' + m.role + '>' + c }}{% endfor"
            + " %}";
    String text =
        Template.parse(template)
            .render(Map.of("messages", messages), Jinja2ReferenceTest.NOW)
            .text();
    assertThat(text).hasSize(30 * (content.length() - 1 + "<user>".length()));
  }

  /** Some templates search all messages in a loop over all messages. */
  @Test
  void rendersNestedLoopsOverThousandMessages() {
    List<Map<String, String>> messages =
        Collections.nCopies(1000, Map.of("role", "user", "content", "word ".repeat(20)));
    String template =
        "{% set ns = namespace(n=0, t='') %}{% for m in messages %}{% for o in messages %}"
            + "{% if o.role == 'tool' %}{% set ns.n = loop.index %}{% endif %}{% endfor %}"
            + "{% set ns.t = ns.t ~ m.content %}{% endfor %}{{ ns.n }}{{ ns.t | length }}";
    String text =
        Template.parse(template)
            .render(Map.of("messages", messages), Jinja2ReferenceTest.NOW)
            .text();
    assertThat(text).isEqualTo("0100000");
  }

  private static String render(String template) {
    return Template.parse(template).render(VARIABLES, Jinja2ReferenceTest.NOW).text();
  }
}

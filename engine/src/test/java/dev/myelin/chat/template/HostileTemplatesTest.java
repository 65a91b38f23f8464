package dev.myelin.chat.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Templates that try to use unlimited time or memory. Each of them ends; if it fails, then with a
 * one-line error, and never with an error of the JVM. The time limit is far above what they take
 * (0.1 to 0.5 s), because machines may be busy.
 */
class HostileTemplatesTest {
  private static final Map<String, Object> VARIABLES =
      Map.of("messages", List.of(Map.of("role", "user", "content", "hi")));
  private static final int MAX_LENGTH = 1 << 20;

  /** Evaluates one expression ten billion times. */
  private static final String NESTED_LOOP =
      "{%% for i in range(100000) %%}{%% for j in range(100000) %%}"
          + "{%% set x = %s %%}{%% endfor %%}{%% endfor %%}";

  private static final String SHARED =
      "{% set ns = namespace(a=X, b=X) %}{% for i in range(60) %}"
          + "{% set ns.a = Y %}{% set ns.b = Z %}{% endfor %}";

  /** Two values of 60 nested levels with shared parts: 2^60 elements each. */
  static List<String> sharedParts() {
    List<String> all = new ArrayList<>();
    String lists = shared("[1]", "[A, A]");
    String tuples = shared("(1,)", "(A, A)");
    String dicts = shared("{'a': 1}", "{1: A, 2: A}");
    for (String end :
        List.of(
            "{{ ns.a < ns.b }}",
            "{{ [ns.a, ns.b] | sort }}",
            "{{ [ns.a, ns.b] | max }}",
            "{{ [ns.a].index(ns.b) }}",
            "{{ [ns.a] | select('eq', ns.b) | list }}",
            "{{ {'a': ns.a, 'b': ns.b} | dictsort(by='value') }}",
            "{% for x in [ns.a, ns.b] %}{{ loop.changed(x) }}{% endfor %}")) {
      all.add(lists + end);
    }
    for (String end :
        List.of(
            "{{ ns.a == ns.b }}",
            "{{ {ns.a: 1} }}",
            "{{ [ns.a] | unique | list }}",
            "{{ '%r' % (ns.a,) }}")) {
      all.add(tuples + end);
    }
    for (String end :
        List.of("{{ ns.a == ns.b }}", "{{ ns.a in [ns.b] }}", "{{ '{}'.format(ns.a) }}")) {
      all.add(dicts + end);
    }
    return all;
  }

  private static String shared(String first, String twice) {
    return SHARED
        .replace("X", first)
        .replace("Y", twice.replace("A", "ns.a"))
        .replace("Z", twice.replace("A", "ns.b"));
  }

  /** Operations on strings of millions of characters. */
  static List<String> longTexts() {
    List<String> all = new ArrayList<>();
    for (String expression :
        List.of(
            "t in s",
            "s.rfind(t)",
            "s.count(t)",
            "s.rsplit(t) | length",
            "s.replace(t, '') | length",
            "s.strip(t) | length",
            "s | wordwrap(10) | length",
            "('a ' * 2000000) | wordwrap(10) | length",
            "('\\n' * 4000000) | indent | length",
            "('\\t' * 4000000).expandtabs(80) | length",
            "('%s' * 2000000) % (1,)",
            "('{' * 2000000).format()",
            "('{0[' * 1000000).format(1)",
            "('1' * 4000000) | int",
            "s | unique | list",
            "s | map('upper') | list | length",
            "[1] | tojson(separators=(s, ':')) | length",
            "range(100000) | list | tojson(separators=(s, ':')) | length",
            "range(100000) | list | tojson(indent=1000000) | length",
            "('<' * 4000000) | striptags | length",
            "('&' * 4000000) | striptags | length",
            "('&' * 1000000) | striptags | length",
            "[{'a': 1}] | map(attribute='a.' * 400000) | list",
            "[1] | sort(attribute=('a,' * 100000)) | list",
            "strftime_now('%Y' * 1000000) | length")) {
      all.add(
          "{% set s = 'a' * 4000000 %}{% set t = 'a' * 400000 ~ 'b' %}{{ " + expression + " }}");
    }
    return all;
  }

  private static Object[] indices(int count) {
    return IntStream.range(0, count).boxed().toArray();
  }

  /** One operation in a long loop. */
  static List<String> oftenRepeated() {
    List<String> all = new ArrayList<>();
    for (String expression :
        List.of(
            "c.strip('hgfedcba')",
            "c in (c ~ c)",
            "c | int",
            "c is upper",
            "l == l2",
            "l.insert(0, 1)",
            "l.pop(0)",
            "l | first",
            "d == d2",
            "d.popitem()",
            "'a' in d.values()",
            "9 ** 4000 * 9 ** 4000 // 9 ** 4000",
            "'%d' % 9 ** 4000",
            "('9' * 4000) | int",
            "'%.999f' % 1e300",
            "1e-300 | round(300)",
            "keep.append([])",
            "keep.append(joiner())",
            "keep.append(namespace())",
            "keep.append(l | map('string'))",
            "keep.append('x' * 1000000)")) {
      all.add(
          "{% set keep = [] %}{% set c = 'abcdefgh' * 1000 %}"
              + "{% set l = range(5000) | list %}{% set l2 = range(5000) | list %}"
              + "{% set d = dict(c | list | batch(2)) %}{% set d2 = dict(d) %}"
              + NESTED_LOOP.formatted(expression));
    }
    String wide = "{% set u = '\ud83d\ude00' * 1000000 %}";
    for (String expression : List.of("u | safe | length", "u.startswith('a', 999999)")) {
      all.add(wide + NESTED_LOOP.formatted(expression));
    }
    String dicts = "{% set d = dict(range(100000) | batch(2)) %}{% set e = dict(d, x=1) %}";
    all.add(
        dicts + "{% set _ = d.update(y=1) %}" + NESTED_LOOP.formatted("d.items() == e.items()"));
    String macro =
        "{% macro m(" + "a%s, ".repeat(250).formatted(indices(250)) + "z) %}{% endmacro %}";
    all.add(macro + NESTED_LOOP.formatted("m()"));
    all.add(macro + "{% set keep = [] %}" + NESTED_LOOP.formatted("keep.append(m.arguments)"));
    all.add("{% for i in range(100000) recursive %}{{ loop(range(100000)) }}{% endfor %}");
    all.add(
        "{% macro m(a) %}{{ caller(a) }}{% endmacro %}{% call(x) m(1) %}{{ m(2) }}{% endcall %}");
    all.add("{% macro m() %}{% call m() %}{{ caller() }}{% endcall %}{% endmacro %}{{ m() }}");
    all.add("{% macro m() %}{{ m(*(varargs + varargs + (1,))) }}{% endmacro %}{{ m(1) }}");
    all.add("{% set s = (messages[0].content ~ 'a') * 10000000 %}{{ s | upper }}");
    all.add("{% set l = [1] %}{% for x in l %}{% set _ = l.append(x) %}{% endfor %}");
    return all;
  }

  /** A MiB of one repeated unit: the parser takes linear time, and its depth is bounded. */
  static List<String> longTemplates() {
    List<String> all = new ArrayList<>();
    for (String unit :
        List.of(
            "{{ ",
            "{% ",
            "{#",
            "{% raw %}",
            "{% raw %}{% endraw ",
            "{{'",
            "{{(",
            "{{ a.b|",
            "\n",
            "\t {% ",
            "{% if x %}{% endif %}",
            "{% if x %}",
            "{{ 1 }}\n",
            "{% set x = 1 %}")) {
      all.add(unit.repeat(MAX_LENGTH / unit.length()));
    }
    for (String unit :
        List.of(
            "(",
            "[",
            "{1:",
            "f(",
            "not ",
            "-",
            "1 + ",
            "a.",
            "a|b|",
            "a is b and ",
            "1 if 1 else ",
            "'a' ",
            "1,",
            "a ~ ",
            "1 < ",
            "a[",
            "1_",
            "9",
            "\\",
            "** ")) {
      all.add("{{ " + unit.repeat((MAX_LENGTH - 9) / unit.length()) + "1 }}");
    }
    all.add("{{ f(" + "a=1,".repeat(250_000) + ") }}");
    all.add("{% for (" + "a, ".repeat(300_000) + "b) in c %}{% endfor %}");
    StringBuilder names = new StringBuilder();
    for (int i = 0; i < 90_000; i++) {
      names.append('a').append(i).append(',');
    }
    all.add("{% macro f(" + names + ") %}{% endmacro %}{{ f() }}");
    all.add("{{ dict(" + names.toString().replace(",", "=1,") + ") }}");
    return all;
  }

  @ParameterizedTest
  @MethodSource({"longTexts", "longTemplates"})
  void templateEnds(String template) {
    Throwable thrown = outcome(template);
    if (thrown != null) {
      assertOneLineError(thrown);
    }
  }

  private static void assertOneLineError(Throwable thrown) {
    assertThat(thrown).isInstanceOf(TemplateException.class);
    assertThat(thrown.getMessage()).hasSizeLessThan(1100).doesNotContain("fits into memory");
    assertThat(thrown.getCause() instanceof Error).as("%s", thrown.getCause()).isFalse();
  }

  /** These end only when they exceed the budget. */
  @ParameterizedTest
  @MethodSource({"sharedParts", "oftenRepeated"})
  void templateExceedsBudget(String template) {
    Throwable thrown = outcome(template);
    assertThat(thrown).isNotNull();
    assertOneLineError(thrown);
  }

  private static Throwable outcome(String template) {
    return assertTimeoutPreemptively(
        Duration.ofSeconds(30),
        () -> catchThrowable(() -> Template.parse(template).render(VARIABLES, Clock.systemUTC())));
  }
}

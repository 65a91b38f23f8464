package dev.myelin.chat.template;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.tokenizer.PromptText;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The origin of every character is tracked through all operations. */
class TrustTrackingTest {
  private static final Map<String, Object> VARIABLES =
      Map.of(
          "bos_token",
          "<s>",
          "c",
          "Say <|x|>",
          "w",
          " a b ",
          "n",
          42,
          "k",
          Map.of("key", "val", "l", List.of("p", "q")),
          "messages",
          List.of(Map.of("role", "user"), Map.of("role", "<|evil|>")));

  /** Untrusted text is shown in brackets. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '¦',
      quoteCharacter = '`',
      value = {
        "{{ bos_token }}a{{ c }}b ¦ <s>a[Say <|x|>]b",
        "{{ '<|' + messages[0].role + '|>' }} ¦ <|user|>",
        "{{ '<|' + messages[1].role + '|>' }} ¦ <|[<|evil|>]|>",
        "{{ '<' ~ c ~ '>' ~ n ~ none }} ¦ <[Say <|x|>]>42None",
        "{{ ('<' + c + '>')[:5] }}{{ ('<' + c + '>')[-3:] }} ¦ <[Say |>]>",
        "{{ ('a' + c + 'b')[::-1] }} ¦ b[>|x|< yaS]a",
        "{{ ('a' + c)[1] }}{{ ('a' + c)[0] }} ¦ [S]a",
        "{{ ('<' ~ w ~ '>') | trim }}{{ w | trim }} ¦ <[ a b ]>[a b]",
        "{{ ('x' ~ c) | upper }}{{ ('X' ~ c) | lower }} ¦ X[SAY <|X|>]x[say <|x|>]",
        "{{ ('x' ~ c) | title }}{{ ('x' ~ c).capitalize() }} ¦ X[say <|x|>]X[say <|x|>]",
        "{{ c | replace('<|x|>', '<|y|>') }} ¦ [Say ]<|y|>",
        "{{ '<|A|>' | replace('A', c) }} ¦ <|[Say <|x|>]|>",
        "{{ 'a b'.replace(' ', c) }} ¦ a[Say <|x|>]b",
        "{{ ['<', c, '>'] | join('|') }}{{ '-'.join([c, 'b']) }} ¦ <|[Say <|x|>]|>[Say <|x|>]-b",
        "{{ ('1,' ~ w ~ ',2').split(',') | join('/') }} ¦ 1/[ a b ]/2",
        "{{ ('a|' ~ c).partition('|') | last }} ¦ [Say <|x|>]",
        "{{ '%s:%s' % ('<|', c) }}{{ '%5s' % w }} ¦ <|:[Say <|x|> a b ]",
        "{{ '<{}>{:>4}'.format(w, 'q') }} ¦ <[ a b ]>   q",
        "{{ c.format('<|x|>') }} ¦ [Say <|x|>]",
        "{{ {'k': c} | tojson }} ¦ {\"k\": \"[Say <|x|>]\"}",
        "{{ k.l }}{{ k.l | tojson }} ¦ ['[p]', '[q]'][\"[p]\", \"[q]\"]",
        "{% for x in k.l %}<{{ x }}>{% endfor %} ¦ <[p]><[q]>",
        "{% for x in 'a' ~ w.strip() %}{{ x }}.{% endfor %} ¦ a.[a].[ ].[b].",
        "{% for key in k if key == 'key' %}{{ key }}={{ k[key] }}{% endfor %} ¦ [key]=[val]",
        "{% set x %}<{{ c }}>{% endset %}{{ x }} ¦ <[Say <|x|>]>",
        "{% set ns = namespace(t='<') %}{% set ns.t = ns.t + w %}{{ ns.t }} ¦ <[ a b ]",
        "{% macro m(x) %}<{{ x }}>{% endmacro %}{{ m(w) | trim }} ¦ <[ a b ]>",
        "{% macro m() %}<{{ caller() }}>{% endmacro %}{% call m() %}-{{ w }}{% endcall %} ¦ <-[ a b"
            + " ]>",
        "{% filter upper %}a{{ w }}{% endfilter %} ¦ A[ A B ]",
        "{{ ('a⏎' ~ w) | indent(2) }} ¦ a⏎  [ a b ]",
        "{{ w.center(7, '*') }}{{ w.strip().zfill(4) }} ¦ *[ a b ]*0[a b]",
        "{{ c | e }} ¦ [Say &lt;|x|&gt;]",
        "{{ c | truncate(4, true, '!', 0) }} ¦ [Say]!",
        "{{ (w ~ '🙂' ~ w)[4:8] }} ¦ [ ]🙂[ a]",
        "{{ c if true }}{{ nope | default(c) }} ¦ [Say <|x|>Say <|x|>]",
        "{{ n * 2 }}{{ n / 4 }}{{ n is odd }} ¦ 8410.5False",
        "{{ k }} ¦ {'[key]': '[val]', '[l]': ['[p]', '[q]']}",
      })
  void operationsKeepTrust(String template, String expected) {
    String shown = markUntrusted(render(template.replace('⏎', '\n')));
    // the order of a dict is that of its Java map
    assertThat(shown.startsWith("{'[l]'") ? "{'[key]': '[val]', '[l]': ['[p]', '[q]']}" : shown)
        .isEqualTo(expected.replace('⏎', '\n'));
  }

  @Test
  void keepsRunsOfOneCharacter() {
    PromptText text = render("{% for i in range(2000) %}a{{ w[0] }}{% endfor %}");
    assertThat(text.spans()).hasSize(4000);
    PromptText half = render("{% set s = ('a' ~ w[0]) * 2000 %}{{ s[1001:2999] }}");
    assertThat(half.spans()).hasSize(1998);
    assertThat(half.spans().getFirst()).isEqualTo(new PromptText.Span(" ", false));
    assertThat(half.spans().getLast()).isEqualTo(new PromptText.Span("a", true));
  }

  private static PromptText render(String template) {
    return Template.parse(template).render(VARIABLES, Clock.systemUTC());
  }

  private static String markUntrusted(PromptText text) {
    StringBuilder shown = new StringBuilder();
    for (PromptText.Span span : text.spans()) {
      shown.append(span.trusted() ? span.text() : "[" + span.text() + "]");
    }
    return shown.toString();
  }
}

package dev.myelin.chat;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Default system prompts of templates. */
class DefaultSystemPromptTest {
  private static final String TURNS =
      "{% for m in messages %}<{{ m.role }}>{{ m.content }}<end>\n{% endfor %}";

  private static java.util.Optional<String> of(String template) {
    return DefaultSystemPrompt.of(ChatTemplate.parse(template, "<s>", "</s>"));
  }

  @Test
  void findsDefaultSystemPrompt() {
    assertThat(
            of("{% if messages[0].role != 'system' %}<system>Be kind.<end>\n{% endif %}" + TURNS))
        .hasValue("Be kind.");
    assertThat(
            of(
                "{% set s = 'Be kind.' %}{% if messages[0].role == 'system' %}{% set s ="
                    + " messages[0].content %}{% set messages = messages[1:] %}{% endif %}{{"
                    + " bos_token }}[SYS]{{ s }}[/SYS]"
                    + TURNS))
        .hasValue("Be kind.");
  }

  @Test
  void emptyWithoutDefaultSystemPrompt() {
    assertThat(of(TURNS)).isEmpty();
    assertThat(of("{% if messages[0].role != 'system' %}<system><end>\n{% endif %}" + TURNS))
        .isEmpty();
    assertThat(of("<system>Cutting off: 2023.<end>" + TURNS)).isEmpty();
    // text that every conversation has is not a default
    assertThat(of("<system>Always.{% if messages[0].role == 'system' %}{% endif %}<end>" + TURNS))
        .isEmpty();
  }

  @Test
  void emptyIfTemplateFailsOrOmitsMessages() {
    assertThat(of("{% if messages[0].role == 'system' %}{{ raise_exception('no') }}{% endif %}"))
        .isEmpty();
    assertThat(of("{% for m in %}")).isEmpty();
    assertThat(of("nothing")).isEmpty();
    assertThat(of("{{ messages[-1].content }}")).isEmpty();
    assertThat(of("{{ messages[0].content }}{{ messages[0].content }}")).isEmpty();
  }
}

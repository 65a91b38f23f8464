package dev.myelin.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.chat.TestJinjaCpp.Case;
import dev.myelin.chat.template.Template;
import dev.myelin.chat.template.TemplateException;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** llama.cpp's test cases of its Jinja engine. Jinja2 renders all of them as expected. */
class LlamaCppJinjaCasesTest {
  /** These modify an input list, which llama.cpp allows and apply_chat_template does not. */
  private static final Set<String> REJECTED =
      Set.of("array.pop() last", "array.pop() with index", "array.append()");

  @Test
  void rendersExpectedText() {
    List<Case> cases = TestJinjaCpp.cases(TemplateCorpus.reference("test-jinja.cpp"));
    assertThat(cases).hasSize(290);
    List<String> wrong = new ArrayList<>();
    for (Case each : cases) {
      String text;
      try {
        text =
            Template.parse(each.template())
                .render(each.variables(), ZonedDateTime.now(TemplateCorpusTest.CLOCK))
                .text();
      } catch (TemplateException e) {
        text = "line " + e.line() + ": " + e.getMessage();
      }
      if (REJECTED.contains(each.name())) {
        assertThat(text).contains("an input list cannot be modified");
      } else if (!text.equals(each.expected())) {
        wrong.add(
            "%s: %s: expected \"%s\", was \"%s\""
                .formatted(each.name(), each.template(), each.expected(), text));
      }
    }
    assertThat(String.join("\n", wrong)).isEmpty();
  }
}

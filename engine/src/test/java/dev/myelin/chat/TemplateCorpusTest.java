package dev.myelin.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.chat.TemplateCorpus.Conversation;
import dev.myelin.chat.TemplateCorpus.Expected;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.MyelinException;
import dev.myelin.error.Printable;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Published templates render the same bytes as Jinja2, or fail as in Jinja2. */
class TemplateCorpusTest {
  static final Clock CLOCK = Clock.fixed(Instant.parse("2024-07-26T13:05:09Z"), ZoneOffset.UTC);

  static List<String> fetched() {
    return TemplateCorpus.fetched();
  }

  @Test
  void corpusHasSeventyTemplates() {
    assertThat(TemplateCorpus.names()).hasSize(70);
  }

  @ParameterizedTest
  @MethodSource("fetched")
  void rendersAsJinja2(String name) {
    String source = TemplateCorpus.reference(name + ".jinja");
    assumeTrue(
        TemplateCorpus.hash(source).equals(TemplateCorpus.sha256(name)),
        () -> "skipped: " + name + " is not the version that the expectations were made with");
    Map<String, Expected> expected = TemplateCorpus.expected(name);
    List<Conversation> conversations = TemplateCorpus.conversations();
    assertThat(expected.keySet())
        .containsExactlyElementsOf(conversations.stream().map(Conversation::name).toList());
    ChatTemplate template = new ChatTemplate(Optional.empty(), source, "<s>", "</s>", CLOCK);
    List<String> wrong = new ArrayList<>();
    for (Conversation conversation : conversations) {
      String difference = difference(template, conversation, expected.get(conversation.name()));
      if (!difference.isEmpty()) {
        wrong.add(conversation.name() + ": " + difference);
      }
    }
    assertThat(String.join("\n", wrong)).as(name).isEmpty();
  }

  /** Describes the difference; empty if there is none. */
  private static String difference(
      ChatTemplate template, Conversation conversation, Expected expected) {
    String text;
    try {
      text =
          template
              .renderMaps(
                  conversation.messages(),
                  conversation.generationPrompt(),
                  conversation.variables())
              .text();
    } catch (InvalidRequestException e) {
      String words = "the chat template refuses the messages: ";
      return expected.raised() != null
              && e.getMessage().equals(words + Printable.of(expected.raised()))
          ? ""
          : "expected " + expected + ", was " + e.getMessage();
    } catch (MyelinException e) {
      return expected.fails() != null ? "" : "expected " + expected + ", failed: " + e.getMessage();
    }
    if (expected.sha256() != null) {
      return TemplateCorpus.hash(text).equals(expected.sha256()) ? "" : "another hash";
    }
    if (expected.text() == null) {
      return "expected " + expected + ", was \"" + text + '"';
    }
    int same = 0;
    while (same < Math.min(text.length(), expected.text().length())
        && text.charAt(same) == expected.text().charAt(same)) {
      same++;
    }
    return text.equals(expected.text())
        ? ""
        : "from %d on expected \"%s\", was \"%s\""
            .formatted(same, from(expected.text(), same), from(text, same));
  }

  private static String from(String text, int at) {
    String part = text.substring(at, Math.min(text.length(), at + 100));
    return part.replace("\n", "\\n");
  }
}

package dev.myelin.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.chat.TemplateCorpus.Conversation;
import dev.myelin.error.MyelinException;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.tokenizer.PromptText;
import dev.myelin.tokenizer.PromptText.Span;
import dev.myelin.tokenizer.Tokenizer;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * For each published template: only the template's text becomes control tokens, never messages,
 * tools or documents.
 */
class TrustedTextTest {
  private static final char OPEN = '\ue000'; // delimiters of untrusted text
  private static final char CLOSE = '\ue001';
  private static final int FIRST_CONTROL = 3 + 256;

  /** Text of templates that may be a control token. */
  private static final Pattern CONTROL =
      Pattern.compile("<[|｜][^|｜<>\\n]{1,40}[|｜]>|</?[a-z_]{1,30}>|\\[/?[A-Z_]{2,30}\\]");

  /** Keys for which templates expect certain values. */
  private static final Set<String> UNCHANGED_KEYS =
      Set.of("role", "type", "id", "tool_call_id", "name");

  static List<String> fetched() {
    return TemplateCorpus.fetched();
  }

  @ParameterizedTest
  @MethodSource("fetched")
  void onlyTemplateTextBecomesControlTokens(String name) {
    String source = TemplateCorpus.reference(name + ".jinja");
    List<String> controls = controls(source);
    Tokenizer tokenizer = tokenizer(controls);
    // templates that extract the thinking part write these tokens themselves
    String controlText =
        controls.stream().filter(c -> !c.contains("think")).collect(Collectors.joining());
    String hostile = OPEN + controlText + "<s></s>" + CLOSE;
    ChatTemplate template =
        new ChatTemplate(Optional.empty(), source, "<s>", "</s>", TemplateCorpusTest.CLOCK);
    int rendered = 0;
    int found = 0;
    for (Conversation conversation : TemplateCorpus.conversations()) {
      if (conversation.name().startsWith("very long")) {
        continue;
      }
      PromptText prompt;
      try {
        prompt =
            template.renderMaps(
                messages(conversation, hostile),
                conversation.generationPrompt(),
                inject(conversation.variables(), hostile));
      } catch (MyelinException e) {
        continue; // it fails without the injected text as well, or because of it
      }
      rendered++;
      String where = name + ", " + conversation.name();
      assertNoUntrustedCharacterIsTrusted(prompt, hostile, where);
      int[] own = controls(tokenizer, trusted(prompt));
      assertThat(controlIds(tokenizer.encode(prompt, false))).as(where).isEqualTo(own);
      found += own.length;
    }
    assertThat(rendered).as(name).isPositive();
    assertThat(found > 0 || controls.isEmpty()).as(name).isTrue();
  }

  /** Asserts that no untrusted character is marked as trusted. */
  private static void assertNoUntrustedCharacterIsTrusted(
      PromptText prompt, String hostile, String where) {
    String text = prompt.text();
    boolean[] trusted = new boolean[text.length()];
    int at = 0;
    for (Span span : prompt.spans()) {
      Arrays.fill(trusted, at, at + span.text().length(), span.trusted());
      at += span.text().length();
    }
    assertThat(at).as(where).isEqualTo(text.length());
    // without AssertJ's descriptions, which would take most of the time
    for (int i = 0; i < trusted.length; i++) {
      if (trusted[i] && (text.charAt(i) == OPEN || text.charAt(i) == CLOSE)) {
        throw new AssertionError(where + " at " + i);
      }
    }
    for (int from = text.indexOf(hostile); from >= 0; from = text.indexOf(hostile, from + 1)) {
      for (int i = from; i < from + hostile.length(); i++) {
        if (trusted[i]) {
          throw new AssertionError(where + " at " + i + " of " + text);
        }
      }
    }
  }

  private static List<String> trusted(PromptText prompt) {
    return prompt.spans().stream().filter(Span::trusted).map(Span::text).toList();
  }

  private static int[] controls(Tokenizer tokenizer, List<String> texts) {
    return texts.stream()
        .flatMapToInt(text -> Arrays.stream(controlIds(tokenizer.encode(text, false, true))))
        .toArray();
  }

  private static int[] controlIds(int[] tokens) {
    IntPredicate control = id -> id > 0 && id < 3 || id >= FIRST_CONTROL;
    return Arrays.stream(tokens).filter(control).toArray();
  }

  private static List<String> controls(String source) {
    Set<String> found = new TreeSet<>();
    Matcher matcher = CONTROL.matcher(source);
    while (matcher.find()) {
      found.add(matcher.group());
    }
    found.removeAll(Set.of("<s>", "</s>"));
    return List.copyOf(found);
  }

  /** A tokenizer of bytes and the template's control tokens. */
  private static Tokenizer tokenizer(List<String> controls) {
    List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
    List<Integer> types = new ArrayList<>(List.of(2, 3, 3));
    for (int b = 0; b < 256; b++) {
      tokens.add("<0x%02X>".formatted(b));
      types.add(6);
    }
    for (String control : controls) {
      tokens.add(control);
      types.add(3);
    }
    MemorySegment bytes =
        new GgufWriter()
            .put("tokenizer.ggml.model", "llama")
            .put("tokenizer.ggml.tokens", tokens.toArray(String[]::new))
            .put("tokenizer.ggml.scores", new float[tokens.size()])
            .put("tokenizer.ggml.token_type", types.stream().mapToInt(t -> t).toArray())
            .put("tokenizer.ggml.bos_token_id", 1)
            .put("tokenizer.ggml.eos_token_id", 2)
            .put("tokenizer.ggml.unknown_token_id", 0)
            .toBytes();
    return Tokenizer.of(GgufFile.of(Path.of("v.gguf"), bytes));
  }

  @SuppressWarnings("unchecked")
  private static List<Map<String, Object>> messages(Conversation conversation, String hostile) {
    List<Map<String, Object>> messages = new ArrayList<>();
    conversation
        .messages()
        .forEach(m -> messages.add((Map<String, Object>) inject(m, null, hostile)));
    if (conversation.name().startsWith("unknown role")) {
      messages.getLast().put("role", hostile);
    }
    return messages;
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> inject(Map<String, Object> variables, String hostile) {
    return (Map<String, Object>) inject(variables, null, hostile);
  }

  /** Appends control tokens to all strings, and to keys of tool call arguments. */
  private static Object inject(Object value, String key, String hostile) {
    return switch (value) {
      case String text when key == null || !UNCHANGED_KEYS.contains(key) -> text + hostile;
      case List<?> list -> list.stream().map(item -> inject(item, key, hostile)).toList();
      case Map<?, ?> map -> {
        Map<Object, Object> result = new LinkedHashMap<>();
        map.forEach((k, item) -> result.put(k, inject(item, (String) k, hostile)));
        if ("arguments".equals(key) || "content".equals(key)) {
          result.put(hostile, hostile);
        }
        yield result;
      }
      case null, default -> value;
    };
  }
}

package dev.myelin.chat;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.myelin.testing.SharedData;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * llama.cpp's chat templates, which {@code native/ggml/fetch.sh --templates} downloads, our
 * conversations, and the text that Jinja2 renders for them ({@code
 * engine/src/test/templates/make_expectations.py}).
 */
final class TemplateCorpus {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path RESOURCES =
      SharedData.projectRoot().resolve("engine/src/test/resources/dev/myelin/chat/corpus");

  private static final Path REFERENCE =
      SharedData.projectRoot().resolve("native/build/ggml/templates");

  /** A conversation with the variables of one rendering. */
  record Conversation(
      String name,
      List<Map<String, Object>> messages,
      boolean generationPrompt,
      Map<String, Object> variables) {}

  /**
   * The result of Jinja2.
   *
   * @param text the rendered text; null if only its hash is stored, or if it fails
   * @param sha256 hash of the UTF-8 of a long text, else null
   * @param raised the message of raise_exception, else null
   * @param fails Jinja2's error, else null
   */
  record Expected(String text, String sha256, String raised, String fails) {}

  private TemplateCorpus() {}

  /** Names of all templates, downloaded or not. */
  static List<String> names() {
    try (Stream<Path> files = Files.list(RESOURCES.resolve("expected"))) {
      return files
          .map(file -> file.getFileName().toString().replaceAll("\\.json$", ""))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The templates to test. Only one if none is downloaded, so that one test is skipped and not 70.
   */
  static List<String> fetched() {
    return Files.isDirectory(REFERENCE) ? names() : names().subList(0, 1);
  }

  /** A file of llama.cpp; skips the calling test if it is missing. */
  static String reference(String file) {
    Path path = REFERENCE.resolve(file);
    assumeTrue(
        Files.exists(path),
        () -> "skipped: no " + path + "; native/ggml/fetch.sh --templates gets it");
    return read(path);
  }

  /** All conversations, with each of their settings. */
  static List<Conversation> conversations() {
    Map<String, Object> all = object(json(RESOURCES.resolve("conversations.json")));
    Map<String, Object> settings = object(all.get("settings"));
    Map<String, Object> tools = object(all.get("tools"));
    List<Conversation> result = new ArrayList<>();
    for (Object entry : (List<?>) all.get("conversations")) {
      Map<String, Object> conversation = object(entry);
      List<Map<String, Object>> messages = new ArrayList<>();
      ((List<?>) expandRepeats(conversation.get("messages"))).forEach(m -> messages.add(object(m)));
      for (Object setting : (List<?>) conversation.get("settings")) {
        Map<String, Object> variables = new LinkedHashMap<>();
        if (conversation.containsKey("tools")) {
          variables.put("tools", tools.get(conversation.get("tools")));
        }
        variables.putAll(object(settings.get(setting)));
        variables.putAll(object(conversation.getOrDefault("variables", Map.of())));
        boolean prompt = (boolean) variables.remove("add_generation_prompt");
        result.add(
            new Conversation(
                conversation.get("name") + " | " + setting, messages, prompt, variables));
      }
    }
    return result;
  }

  /** The hash of the template that the expected texts were rendered from. */
  static String sha256(String template) {
    return (String) object(json(expectations(template))).get("sha256");
  }

  /** The result of Jinja2 by name of the conversation. */
  static Map<String, Expected> expected(String template) {
    JsonNode renderings;
    try {
      renderings = JSON.readTree(read(expectations(template))).get("renderings");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Map<String, Expected> result = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : renderings.properties()) {
      JsonNode node = entry.getValue();
      String text = null;
      if (node.has("lines")) {
        StringBuilder lines = new StringBuilder();
        node.get("lines").forEach(line -> lines.append(line.textValue()));
        text = node.has("as") ? spliced(result, node, lines) : lines.toString();
      }
      result.put(
          entry.getKey(),
          new Expected(
              text,
              node.path("sha256").textValue(),
              node.path("raised").textValue(),
              node.path("fails").textValue()));
    }
    return result;
  }

  private static String spliced(Map<String, Expected> earlier, JsonNode node, CharSequence middle) {
    String other = earlier.get(node.get("as").textValue()).text();
    int head = other.offsetByCodePoints(0, node.get("head").intValue());
    int tail = other.offsetByCodePoints(other.length(), -node.get("tail").intValue());
    return other.substring(0, head) + middle + other.substring(tail);
  }

  static String hash(String text) {
    try {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Path expectations(String template) {
    return RESOURCES.resolve("expected").resolve(template + ".json");
  }

  private static Object json(Path file) {
    try {
      return JSON.readValue(read(file), Object.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Replaces each {@code {"repeat": text, "times": n}} by the repeated text. */
  private static Object expandRepeats(Object value) {
    if (value instanceof Map<?, ?> map) {
      if (map.size() == 2 && map.get("repeat") instanceof String text) {
        return text.repeat((int) map.get("times"));
      }
      Map<Object, Object> result = new LinkedHashMap<>();
      map.forEach((key, item) -> result.put(key, expandRepeats(item)));
      return result;
    }
    return value instanceof List<?> list
        ? list.stream()
            .map(TemplateCorpus::expandRepeats)
            .collect(ArrayList::new, List::add, List::addAll)
        : value;
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> object(Object value) {
    return (Map<String, Object>) value;
  }
}

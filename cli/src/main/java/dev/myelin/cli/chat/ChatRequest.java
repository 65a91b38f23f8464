package dev.myelin.cli.chat;

import dev.myelin.cli.io.JsonInput;
import dev.myelin.error.InvalidRequestException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a chat template renders, in the JSON of OpenAI's API.
 *
 * @param messages objects with a role, and whatever else the template reads
 * @param variables of the template: {@code tools} where there are some, and those of {@code
 *     chat_template_kwargs}
 */
public record ChatRequest(List<Map<String, Object>> messages, Map<String, Object> variables) {
  /** What is rendered where no messages are given. */
  static final ChatRequest HI =
      new ChatRequest(List.of(Map.of("role", "user", "content", "Hi")), Map.of());

  /**
   * An array of messages, or an object with such under {@code messages}, of which {@code tools} and
   * {@code chat_template_kwargs} count too.
   *
   * @param name of the file, for messages
   * @throws InvalidRequestException naming the file and what in it is wrong
   */
  public static ChatRequest parse(String json, String name) {
    Object root = JsonInput.parse(json, name);
    if (root instanceof List<?>) {
      return new ChatRequest(messages(root, name + ": "), Map.of());
    }
    if (!(root instanceof Map<?, ?> request) || !request.containsKey("messages")) {
      throw new InvalidRequestException(
          name + ": expected an array of messages, or an object with \"messages\"");
    }
    Map<String, Object> variables = new HashMap<>();
    Object more = request.get("chat_template_kwargs");
    if (more != null) {
      variables.putAll(JsonInput.object(more, name + ": chat_template_kwargs"));
    }
    if (request.get("tools") != null) {
      variables.put("tools", objects(request.get("tools"), name + ": tools"));
    }
    return new ChatRequest(messages(request.get("messages"), name + ": messages"), variables);
  }

  /**
   * An array of tools.
   *
   * @throws InvalidRequestException naming the file and what in it is wrong
   */
  static List<Map<String, Object>> tools(String json, String name) {
    Object root = JsonInput.parse(json, name);
    if (!(root instanceof List<?>)) {
      throw new InvalidRequestException(
          name + ": " + JsonInput.kind(root) + ": expected an array of tools");
    }
    return objects(root, name + ": ");
  }

  private static List<Map<String, Object>> messages(Object value, String where) {
    List<Map<String, Object>> messages = objects(value, where);
    if (messages.isEmpty()) {
      throw new InvalidRequestException(where + "[]: expected one message at least");
    }
    for (int i = 0; i < messages.size(); i++) {
      Object role = messages.get(i).get("role");
      if (!(role instanceof String)) {
        throw new InvalidRequestException(
            "%s[%s].role = %s: expected a string, such as \"user\""
                .formatted(where, i, role == null ? "nothing" : JsonInput.kind(role)));
      }
    }
    return messages;
  }

  /**
   * @param where the array is, and what comes before an index in a message
   */
  private static List<Map<String, Object>> objects(Object value, String where) {
    if (!(value instanceof List<?> list)) {
      throw new InvalidRequestException(
          where + " = " + JsonInput.kind(value) + ": expected an array of objects");
    }
    List<Map<String, Object>> objects = new ArrayList<>(list.size());
    for (int i = 0; i < list.size(); i++) {
      objects.add(JsonInput.object(list.get(i), where + "[" + i + "]"));
    }
    return objects;
  }
}

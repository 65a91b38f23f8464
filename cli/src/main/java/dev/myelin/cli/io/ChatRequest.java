package dev.myelin.cli.io;

import dev.myelin.error.InvalidRequestException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The input of a chat template, from JSON in the format of OpenAI's API.
 *
 * @param messages objects with a role and other fields that the template reads
 * @param variables of the template: {@code tools} if given, and those of {@code
 *     chat_template_kwargs}
 */
public record ChatRequest(List<Map<String, Object>> messages, Map<String, Object> variables) {
  /** The request if no messages are given. */
  public static final ChatRequest DEFAULT =
      new ChatRequest(List.of(Map.of("role", "user", "content", "Hi")), Map.of());

  /**
   * Parses an array of messages, or an object with {@code messages} and optionally {@code tools}
   * and {@code chat_template_kwargs}.
   *
   * @param name of the file, for messages
   * @throws InvalidRequestException with the file and the error
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
    return of(request, name + ": ");
  }

  /**
   * The request of an object with {@code messages}, and optionally {@code tools} and {@code
   * chat_template_kwargs}.
   *
   * @param place what messages begin with
   * @throws InvalidRequestException with the place and the error
   */
  public static ChatRequest of(Map<?, ?> request, String place) {
    Map<String, Object> variables = new HashMap<>();
    Object kwargs = request.get("chat_template_kwargs");
    if (kwargs != null) {
      variables.putAll(JsonInput.requireObject(kwargs, place + "chat_template_kwargs"));
    }
    if (request.get("tools") != null) {
      variables.put("tools", objects(request.get("tools"), place + "tools"));
    }
    return new ChatRequest(messages(request.get("messages"), place + "messages"), variables);
  }

  /**
   * Parses an array of tools.
   *
   * @throws InvalidRequestException with the file and the error
   */
  public static List<Map<String, Object>> tools(String json, String name) {
    Object root = JsonInput.parse(json, name);
    if (!(root instanceof List<?>)) {
      throw new InvalidRequestException(
          name + ": " + JsonInput.describe(root) + ": expected an array of tools");
    }
    return objects(root, name + ": ");
  }

  private static List<Map<String, Object>> messages(Object value, String where) {
    List<Map<String, Object>> messages = objects(value, where);
    if (messages.isEmpty()) {
      throw new InvalidRequestException(where + "[]: expected at least one message");
    }
    for (int i = 0; i < messages.size(); i++) {
      Object role = messages.get(i).get("role");
      if (!(role instanceof String)) {
        throw new InvalidRequestException(
            "%s[%s].role = %s: expected a string, such as \"user\""
                .formatted(where, i, role == null ? "missing" : JsonInput.describe(role)));
      }
    }
    return messages;
  }

  /**
   * @param where path of the array, for messages
   */
  private static List<Map<String, Object>> objects(Object value, String where) {
    if (!(value instanceof List<?> list)) {
      throw new InvalidRequestException(
          where + " = " + JsonInput.describe(value) + ": expected an array of objects");
    }
    List<Map<String, Object>> objects = new ArrayList<>(list.size());
    for (int i = 0; i < list.size(); i++) {
      objects.add(JsonInput.requireObject(list.get(i), where + "[" + i + "]"));
    }
    return objects;
  }
}

package dev.myelin.cli.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.OptionalInt;

/** Writes JSON. Field names are literals in the code that writes them, and are stable. */
public final class Json {
  private Json() {}

  public static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  public static ArrayNode array() {
    return JsonNodeFactory.instance.arrayNode();
  }

  public static JsonNode text(String value) {
    return JsonNodeFactory.instance.textNode(value);
  }

  /** On several lines, with a newline at the end. */
  public static String pretty(JsonNode node) {
    return text(node, true);
  }

  /** On one line, with a newline at the end. */
  public static String compact(JsonNode node) {
    return text(node, false);
  }

  private static String text(JsonNode node, boolean pretty) {
    try {
      ObjectMapper mapper =
          new ObjectMapper().configure(SerializationFeature.INDENT_OUTPUT, pretty);
      return mapper.writeValueAsString(node) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A number, or null where there is none. */
  public static Integer orNull(OptionalInt number) {
    return number.isPresent() ? number.getAsInt() : null;
  }
}

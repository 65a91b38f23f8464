package dev.myelin.cli.io;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.Printable;
import java.util.List;
import java.util.Map;

/** Reads JSON from users. Errors name the position. */
public final class JsonInput {
  private JsonInput() {}

  /**
   * Parses a value to maps, lists, strings, numbers, booleans and null.
   *
   * @param name of the file or option, for messages
   * @throws InvalidRequestException with name, line and column
   */
  public static Object parse(String json, String name) {
    if (json.isBlank()) {
      throw new InvalidRequestException(name + ": is empty: expected JSON");
    }
    try {
      return mapper().readValue(json, Object.class);
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      String place = at == null ? "" : ": line " + at.getLineNr() + ", column " + at.getColumnNr();
      throw new InvalidRequestException(Printable.of(name + place + ": " + problem(e)));
    }
  }

  /**
   * Parses a line that is an object.
   *
   * @param place file and line, for messages
   * @throws InvalidRequestException with place and column
   */
  public static Map<String, Object> parseLine(String json, String place) {
    try {
      return requireObject(mapper().readValue(json, Object.class), place);
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      String column = at == null ? "" : ", column " + at.getColumnNr();
      throw new InvalidRequestException(Printable.of(place + column + ": " + problem(e)));
    }
  }

  /** The parser's message on one line, without the names of its classes and settings. */
  private static String problem(JsonProcessingException e) {
    return String.valueOf(e.getOriginalMessage())
        .lines()
        .findFirst()
        .orElse("malformed")
        .replaceAll(" *[(]?[^(]*\\[Source:.*|, from `[^`]*`|: enable `.*| [(]bound as `.*", "");
  }

  /** The value, which must be an object. */
  @SuppressWarnings("unchecked")
  public static Map<String, Object> requireObject(Object value, String where) {
    if (value instanceof Map<?, ?>) {
      return (Map<String, Object>) value;
    }
    throw new InvalidRequestException(where + " = " + describe(value) + ": expected an object");
  }

  /** The kind of a value, for messages. */
  public static String describe(Object value) {
    return switch (value) {
      case null -> "null";
      case Map<?, ?> _ -> "an object";
      case List<?> _ -> "an array";
      case String _ -> "a string";
      case Boolean b -> b.toString();
      default -> Printable.of(value.toString());
    };
  }

  private static JsonMapper mapper() {
    JsonFactory factory =
        JsonFactory.builder()
            .streamReadConstraints(
                StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();
    return JsonMapper.builder(factory)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .build();
  }
}

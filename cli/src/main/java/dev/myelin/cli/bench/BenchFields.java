package dev.myelin.cli.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.myelin.bench.BenchResult;
import dev.myelin.cli.io.Json;
import java.util.SequencedMap;

/** The fields of a result, for the output formats. */
final class BenchFields {
  private BenchFields() {}

  /** The fields with a single value. */
  static SequencedMap<String, Object> scalars(BenchResult result) {
    SequencedMap<String, Object> fields = result.fields();
    fields.values().removeIf(value -> value instanceof long[] || value instanceof double[]);
    return fields;
  }

  static ObjectNode toJson(BenchResult result) {
    ObjectNode node = Json.object();
    result
        .fields()
        .forEach(
            (name, value) -> {
              switch (value) {
                case long[] numbers -> {
                  ArrayNode array = node.putArray(name);
                  for (long number : numbers) {
                    array.add(number);
                  }
                }
                case double[] numbers -> {
                  ArrayNode array = node.putArray(name);
                  for (double number : numbers) {
                    array.add(number);
                  }
                }
                case null -> node.putNull(name);
                default -> node.putPOJO(name, value);
              }
            });
    return node;
  }
}

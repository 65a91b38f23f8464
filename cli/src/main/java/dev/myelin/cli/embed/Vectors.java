package dev.myelin.cli.embed;

import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Json;
import dev.myelin.file.OutputFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;

/**
 * The vectors of texts.
 *
 * @param all vectors of one length
 * @param tokens number of tokens of all texts
 */
record Vectors(List<float[]> all, long tokens) {
  /** The length of each vector. */
  int width() {
    return all.getFirst().length;
  }

  /** Prints OpenAI's response of embeddings, on one line. */
  void print(Console console, String model) {
    StringBuilder json = new StringBuilder("{\"object\":\"list\",\"data\":[");
    for (int i = 0; i < all.size(); i++) {
      json.append(i == 0 ? "" : ",")
          .append("{\"object\":\"embedding\",\"index\":")
          .append(i)
          .append(",\"embedding\":");
      append(json, all.get(i));
      json.append('}');
      console.print(json.toString());
      json.setLength(0);
    }
    json.append("],\"model\":").append(Json.compact(Json.text(model)).strip());
    json.append(",\"usage\":{\"prompt_tokens\":").append(tokens);
    console.println(json.append(",\"total_tokens\":").append(tokens).append("}}").toString());
  }

  /** A value that is no number is null. */
  private static void append(StringBuilder json, float[] vector) {
    char separator = '[';
    for (float value : vector) {
      json.append(separator);
      if (Float.isFinite(value)) {
        json.append(value);
      } else {
        json.append("null");
      }
      separator = ',';
    }
    json.append(']');
  }

  /**
   * Writes little-endian float32, row by row.
   *
   * @param file null for standard output
   */
  void write(Console console, Path file) {
    if (file == null) {
      all.forEach(vector -> console.write(bytes(vector)));
      return;
    }
    try (OutputFile out = new OutputFile(file, (long) all.size() * width() * Float.BYTES)) {
      OutputStream stream = out.stream();
      try {
        for (float[] vector : all) {
          stream.write(bytes(vector));
        }
      } catch (IOException e) {
        throw out.writeError(e);
      }
      out.complete();
      out.rename();
    }
  }

  private static byte[] bytes(float[] vector) {
    ByteBuffer bytes =
        ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(vector);
    return bytes.array();
  }
}

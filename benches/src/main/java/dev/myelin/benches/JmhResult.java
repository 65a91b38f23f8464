package dev.myelin.benches;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One result in JMH's JSON output.
 *
 * @param type simple name of the benchmark class
 * @param method name of the benchmark method
 * @param settings forks and iterations, as text
 * @param error half of the 99.9 % confidence interval, NaN if there were too few iterations
 * @param unit of score and error, such as {@code us/op}
 * @param secondary auxiliary counters by name, in the unit of the score
 */
record JmhResult(
    String type,
    String method,
    String settings,
    Map<String, String> params,
    double score,
    double error,
    String unit,
    Map<String, Double> secondary) {

  /**
   * Reads all results, in the order of the file.
   *
   * @throws IOException if it is not JMH's JSON
   */
  static List<JmhResult> read(String json) throws IOException {
    JsonNode root = new ObjectMapper().readTree(json);
    if (root == null || !root.isArray()) {
      throw new IOException("no JMH results: expected a JSON array");
    }
    List<JmhResult> results = new ArrayList<>();
    for (JsonNode node : root) {
      results.add(of(node));
    }
    return results;
  }

  private static JmhResult of(JsonNode node) throws IOException {
    String name = node.path("benchmark").asText();
    String[] parts = name.split("\\.");
    JsonNode metric = node.path("primaryMetric");
    if (parts.length < 2 || !metric.path("score").isNumber()) {
      throw new IOException("no JMH result: benchmark '" + name + "' without a score");
    }
    Map<String, String> params = new LinkedHashMap<>();
    node.path("params").properties().forEach(e -> params.put(e.getKey(), e.getValue().asText()));
    Map<String, Double> others = new LinkedHashMap<>();
    node.path("secondaryMetrics")
        .properties()
        .forEach(e -> others.put(e.getKey(), e.getValue().path("score").asDouble(Double.NaN)));
    return new JmhResult(
        parts[parts.length - 2],
        parts[parts.length - 1],
        settings(node),
        params,
        metric.path("score").asDouble(),
        metric.path("scoreError").isNumber() ? metric.path("scoreError").asDouble() : Double.NaN,
        metric.path("scoreUnit").asText(),
        others);
  }

  private static String settings(JsonNode node) {
    return "forks: %s, iterations: %s of %s after %s of %s"
        .formatted(
            node.path("forks").asText(),
            node.path("measurementIterations").asText(),
            node.path("measurementTime").asText(),
            node.path("warmupIterations").asText(),
            node.path("warmupTime").asText());
  }

  String param(String name) {
    return params.getOrDefault(name, "");
  }

  double secondary(String name) {
    return secondary.getOrDefault(name, Double.NaN);
  }
}

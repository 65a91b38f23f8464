package dev.myelin.benches;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One measurement of a file that JMH wrote.
 *
 * @param type simple name of the benchmark's class
 * @param method its method
 * @param how JVM forks and iterations, for people
 * @param error half of the interval of 99.9 %, NaN where there were too few iterations
 * @param unit of score and error, such as {@code us/op}
 * @param others secondary results by name, a second or an operation as the score
 */
record JmhResult(
    String type,
    String method,
    String how,
    Map<String, String> params,
    double score,
    double error,
    String unit,
    Map<String, Double> others) {

  /**
   * All results of a file, in its order.
   *
   * @throws IOException where it is not JSON as JMH writes it
   */
  static List<JmhResult> read(String json) throws IOException {
    JsonNode root = new ObjectMapper().readTree(json);
    if (root == null || !root.isArray()) {
      throw new IOException("no results of JMH: expected a JSON array");
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
      throw new IOException("no result of JMH: benchmark '" + name + "' without a score");
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
        how(node),
        params,
        metric.path("score").asDouble(),
        metric.path("scoreError").isNumber() ? metric.path("scoreError").asDouble() : Double.NaN,
        metric.path("scoreUnit").asText(),
        others);
  }

  private static String how(JsonNode node) {
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

  double other(String name) {
    return others.getOrDefault(name, Double.NaN);
  }
}

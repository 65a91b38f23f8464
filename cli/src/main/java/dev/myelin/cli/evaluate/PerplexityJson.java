package dev.myelin.cli.evaluate;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.myelin.cli.io.Json;
import dev.myelin.evaluate.Estimate;
import dev.myelin.evaluate.PerplexityResult;
import dev.myelin.evaluate.TextChunks;
import java.util.List;

/** A perplexity as JSON. */
final class PerplexityJson {
  private PerplexityJson() {}

  /**
   * @param steps the figures after each chunk; none leaves them out
   */
  static ObjectNode of(PerplexityResult result, TextChunks cut, List<PerplexityResult> steps) {
    ObjectNode root = Json.object();
    put(root, result);
    root.put("context_length", cut.contextLength());
    root.put("chunks_planned", result.totalChunks());
    root.put("complete", result.isComplete());
    if (!steps.isEmpty()) {
      ArrayNode running = root.putArray("running");
      steps.forEach(step -> put(running.addObject(), step));
    }
    return root;
  }

  private static void put(ObjectNode node, PerplexityResult result) {
    put(node, "perplexity", result.perplexity());
    put(node, "loss", result.loss());
    node.put("predictions", result.predictions());
    node.put("chunks", result.chunks());
  }

  /** A value, and its standard error beside it. */
  static void put(ObjectNode node, String name, Estimate estimate) {
    node.put(name, estimate.value());
    node.put(name + "_error", estimate.error());
  }
}

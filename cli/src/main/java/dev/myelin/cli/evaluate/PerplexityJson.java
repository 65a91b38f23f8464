package dev.myelin.cli.evaluate;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.myelin.cli.io.Json;
import dev.myelin.evaluate.Estimate;
import dev.myelin.evaluate.PerplexityResult;
import dev.myelin.evaluate.TextChunks;
import java.util.List;

/** The perplexity as JSON. */
final class PerplexityJson {
  private PerplexityJson() {}

  /**
   * @param steps the values after each chunk; omitted if empty
   */
  static ObjectNode of(PerplexityResult result, TextChunks chunks, List<PerplexityResult> steps) {
    ObjectNode root = Json.object();
    put(root, result);
    root.put("context_length", chunks.contextLength());
    root.put("chunks_total", result.totalChunks());
    root.put("complete", result.isComplete());
    if (!steps.isEmpty()) {
      ArrayNode perChunk = root.putArray("per_chunk");
      steps.forEach(step -> put(perChunk.addObject(), step));
    }
    return root;
  }

  private static void put(ObjectNode node, PerplexityResult result) {
    put(node, "perplexity", result.perplexity());
    put(node, "loss", result.loss());
    node.put("predictions", result.predictions());
    node.put("chunks", result.chunks());
  }

  /** A value and its standard error. */
  static void put(ObjectNode node, String name, Estimate estimate) {
    node.put(name, estimate.value());
    node.put(name + "_stderr", estimate.error());
  }
}

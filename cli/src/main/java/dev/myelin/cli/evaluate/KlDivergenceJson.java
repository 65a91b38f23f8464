package dev.myelin.cli.evaluate;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.myelin.cli.io.Json;
import dev.myelin.evaluate.KlResult;
import dev.myelin.evaluate.KlStatistics;
import dev.myelin.evaluate.Quantiles;
import dev.myelin.evaluate.TextChunks;
import java.util.List;

/** The comparison with a base model as JSON. */
final class KlDivergenceJson {
  private KlDivergenceJson() {}

  /**
   * @param steps the values after each chunk; omitted if empty
   */
  static ObjectNode of(KlResult result, TextChunks chunks, List<KlStatistics> steps) {
    ObjectNode root = Json.object();
    put(root, result.statistics());
    root.put("context_length", chunks.contextLength());
    root.put("chunks_total", result.statistics().totalChunks());
    root.put("complete", result.statistics().isComplete());
    root.set("kl_divergence_quantiles", quantiles(result.divergences()));
    root.set("delta_p_quantiles", quantiles(result.deltaPs()));
    if (!steps.isEmpty()) {
      ArrayNode perChunk = root.putArray("per_chunk");
      steps.forEach(step -> put(perChunk.addObject(), step));
    }
    return root;
  }

  private static void put(ObjectNode node, KlStatistics f) {
    PerplexityJson.put(node, "perplexity", f.perplexity());
    PerplexityJson.put(node, "base_perplexity", f.originalPerplexity());
    PerplexityJson.put(node, "perplexity_ratio", f.ratio());
    PerplexityJson.put(node, "log_perplexity_ratio", f.logRatio());
    PerplexityJson.put(node, "perplexity_difference", f.difference());
    node.put("log_perplexity_correlation", f.correlation());
    PerplexityJson.put(node, "kl_divergence", f.divergence());
    PerplexityJson.put(node, "delta_p", f.deltaP());
    PerplexityJson.put(node, "rms_delta_p", f.rmsDeltaP());
    PerplexityJson.put(node, "same_top_token", f.sameTop());
    node.put("predictions", f.predictions());
    node.put("chunks", f.chunks());
  }

  private static ArrayNode quantiles(Quantiles quantiles) {
    ArrayNode list = Json.array();
    for (double quantile : KlDivergenceText.QUANTILES) {
      list.addObject().put("quantile", quantile).put("value", quantiles.value(quantile));
    }
    return list;
  }
}

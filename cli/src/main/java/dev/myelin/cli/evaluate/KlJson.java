package dev.myelin.cli.evaluate;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.myelin.cli.io.Json;
import dev.myelin.evaluate.KlResult;
import dev.myelin.evaluate.KlStatistics;
import dev.myelin.evaluate.Quantiles;
import dev.myelin.evaluate.TextChunks;
import java.util.List;

/** A comparison with an original as JSON. */
final class KlJson {
  private KlJson() {}

  /**
   * @param steps the figures after each chunk; none leaves them out
   */
  static ObjectNode of(KlResult result, TextChunks cut, List<KlStatistics> steps) {
    ObjectNode root = Json.object();
    put(root, result.statistics());
    root.put("context_length", cut.contextLength());
    root.put("chunks_planned", result.statistics().totalChunks());
    root.put("complete", result.statistics().isComplete());
    root.set("kl_divergence_at", spread(result.divergences()));
    root.set("delta_p_at", spread(result.deltaPs()));
    if (!steps.isEmpty()) {
      ArrayNode running = root.putArray("running");
      steps.forEach(step -> put(running.addObject(), step));
    }
    return root;
  }

  private static void put(ObjectNode node, KlStatistics f) {
    PerplexityJson.put(node, "perplexity", f.perplexity());
    PerplexityJson.put(node, "original_perplexity", f.originalPerplexity());
    PerplexityJson.put(node, "ratio", f.ratio());
    PerplexityJson.put(node, "log_ratio", f.logRatio());
    PerplexityJson.put(node, "difference", f.difference());
    node.put("correlation", f.correlation());
    PerplexityJson.put(node, "kl_divergence", f.divergence());
    PerplexityJson.put(node, "delta_p", f.deltaP());
    PerplexityJson.put(node, "rms_delta_p", f.rmsDeltaP());
    PerplexityJson.put(node, "same_top", f.sameTop());
    node.put("predictions", f.predictions());
    node.put("chunks", f.chunks());
  }

  private static ArrayNode spread(Quantiles spread) {
    ArrayNode list = Json.array();
    for (double share : KlText.SHARES) {
      list.addObject().put("share", share).put("value", spread.value(share));
    }
    return list;
  }
}

package dev.myelin.model.layer;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.config.Gating;
import dev.myelin.model.config.Routing;
import dev.myelin.model.weights.Weights;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Selects the experts of each token and weights them (Shazeer et al. 2017).
 *
 * @param matrix [width, experts]
 * @param selectionBias f32 [experts], added for the selection but not to the weights (DeepSeek-V3,
 *     arXiv 2412.19437), or null
 */
public record Router(Linear matrix, @Nullable Tensor selectionBias, Routing routing) {
  /** The smallest normal f16: keeps the division by the sum of weights finite. */
  private static final float MIN_WEIGHT_SUM = 6.103515625e-5f;

  /** Experts that vote for their group. */
  private static final int VOTES = 2;

  /**
   * The experts of each token.
   *
   * @param ids i32 [used, tokens]
   * @param weights f32 [1, used, tokens]
   */
  public record Selection(Tensor ids, Tensor weights) {}

  /**
   * Takes {@code ffn_gate_inp}, its bias if the parts say so, and {@code exp_probs_b.bias} where
   * the file has it.
   */
  public static Router of(Weights w, long width, Routing routing, Linear.Part... parts) {
    Tensor bias = w.optionalVector("exp_probs_b.bias", routing.experts());
    return new Router(matrix(w, width, routing, parts), bias, routing);
  }

  /** Takes {@code ffn_gate_inp}, and its bias if the parts say so. */
  public static Router unbiased(Weights w, long width, Routing routing, Linear.Part... parts) {
    return new Router(matrix(w, width, routing, parts), null, routing);
  }

  private static Linear matrix(Weights w, long width, Routing routing, Linear.Part... parts) {
    Linear.Part[] all = Arrays.copyOf(parts, parts.length + 1);
    all[parts.length] = Linear.Part.NO_SCALE;
    return Linear.of(w, "ffn_gate_inp", width, routing.experts(), all);
  }

  /** Selects by x [width, tokens]. */
  public Selection select(Tensor x) {
    return select(matrix.of(x), null);
  }

  /** Weights experts that are already selected, i32 [used, tokens]. */
  public Selection weigh(Tensor x, Tensor ids) {
    return select(matrix.of(x), ids);
  }

  /**
   * Selects by logits [experts, tokens].
   *
   * @param given i32 [used, tokens] if the experts are already selected, or null
   */
  public Selection select(Tensor logits, @Nullable Tensor given) {
    GraphBuilder g = logits.graph();
    long tokens = logits.dim(1);
    Tensor values =
        switch (routing.gating()) {
          case SOFTMAX -> g.softmax(logits);
          case SIGMOID -> g.sigmoid(logits);
          case SOFTMAX_OF_SELECTED -> logits;
          case SQRT_SOFTPLUS -> g.sqrt(g.softplus(logits));
        };
    Tensor ids = given == null ? topK(g, routing.isByLogit() ? logits : values) : given;
    Tensor weights = weights(g, values, ids, tokens);
    g.expand(weights);
    return new Selection(ids, weights);
  }

  private Tensor topK(GraphBuilder g, Tensor values) {
    Tensor scores = selectionBias == null ? values : g.add(values, selectionBias);
    return g.topK(routing.groups() > 1 ? eligible(g, scores) : scores, routing.used());
  }

  /** The scores of the experts of the best groups; minus infinity for the others. */
  private Tensor eligible(GraphBuilder g, Tensor scores) {
    long tokens = scores.dim(1);
    long groups = routing.groups();
    long size = routing.expertsPerGroup();
    Tensor byGroup = g.reshape3d(scores, size, groups, tokens);
    Tensor best = g.topK(byGroup, VOTES);
    Tensor votes = g.getRows(g.reshape4d(byGroup, 1, size, groups, tokens), best);
    Tensor sums = g.sumRows(g.reshape3d(votes, VOTES, groups, tokens));
    Tensor groupIds = g.topK(g.reshape2d(sums, groups, tokens), routing.usedGroups());
    Tensor none = g.scaleBias(byGroup, 0f, Float.NEGATIVE_INFINITY);
    Tensor some = g.setRows(none, g.getRows(byGroup, groupIds), groupIds);
    return g.reshape2d(some, routing.experts(), tokens);
  }

  /** Weight of each selected expert, f32 [1, used, tokens]. */
  private Tensor weights(GraphBuilder g, Tensor values, Tensor ids, long tokens) {
    int used = routing.used();
    Tensor columns = g.reshape3d(values, 1, routing.experts(), tokens);
    Tensor selected = g.getRows(columns, ids);
    if (routing.gating() == Gating.SOFTMAX_OF_SELECTED) {
      selected = g.reshape3d(g.softmax(g.reshape2d(selected, used, tokens)), 1, used, tokens);
    }
    if (routing.isNormalized()) {
      Tensor row = g.reshape2d(selected, used, tokens);
      Tensor sum = g.clamp(g.sumRows(row), MIN_WEIGHT_SUM, Float.POSITIVE_INFINITY);
      selected = g.reshape3d(g.divide(row, sum), 1, used, tokens);
    }
    return routing.scale() == 1f ? selected : g.scale(selected, routing.scale());
  }
}

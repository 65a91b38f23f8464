package dev.myelin.model.layer;

import dev.myelin.graph.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A sparse mixture of experts (Shazeer et al. 2017; Jiang et al. 2024): the sum of the outputs of
 * the experts that a router selects for a token, and of experts that every token uses.
 *
 * @param shared null for none
 */
public record MixtureOfExperts(Router router, Experts experts, @Nullable SharedExperts shared)
    implements FeedForward {
  @Override
  public Tensor of(Tensor x) {
    return of(x, x);
  }

  /**
   * Selects by one tensor and computes with another, both [width, tokens].
   *
   * @param routed what the router reads
   */
  public Tensor of(Tensor routed, Tensor x) {
    Tensor y =
        x.graph().isDifferentiable()
            ? DenseExperts.of(this, routed, x)
            : experts.of(x, router.select(routed));
    return shared == null ? y : x.graph().add(y, shared.of(x));
  }
}

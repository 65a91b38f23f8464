package dev.myelin.sampling;

import java.util.Optional;

/** Keeps the k likeliest tokens; among equals at the edge, the lowest ids. */
final class TopK implements SamplerStage {
  private final int k;
  private final RadixCut cut = new RadixCut();

  private TopK(int k) {
    this.k = k;
  }

  static Optional<SamplerStage> of(SamplingOptions options, TokenHistory history) {
    return options.topK() > 0 ? Optional.of(new TopK(options.topK())) : Optional.empty();
  }

  @Override
  public void apply(Candidates candidates) {
    if (k < candidates.size()) {
      cut.keepHighest(candidates, candidates.logits, null, k);
    }
  }

  @Override
  public boolean keepsBest() {
    return true;
  }
}

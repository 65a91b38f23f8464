package dev.myelin.sampling;

import java.util.Arrays;
import java.util.Optional;

/** Keeps the k likeliest tokens; among equals at the edge, the lowest ids. */
final class TopK implements SamplerStage {
  private static final int CHUNKS_PER_TOKEN = 4;

  private final int k;
  private final RadixCut cut = new RadixCut();
  private float[] maxima = {}; // [chunks] highest logit of each chunk of the vocabulary

  private TopK(int k) {
    this.k = k;
  }

  static Optional<SamplerStage> of(SamplingOptions options, TokenHistory history) {
    return options.topK() > 0 ? Optional.of(new TopK(options.topK())) : Optional.empty();
  }

  @Override
  public void apply(Candidates candidates) {
    if (k < candidates.size() / 64) {
      candidates.keepFrom(lowerBound(candidates));
    }
    if (k < candidates.size()) {
      cut.keepHighest(candidates, candidates.logits, null, k);
    }
  }

  /**
   * A logit that at least k candidates reach, found in one cheap pass: the k-th highest of the
   * chunks' maxima. Few candidates pass it, and only those need the exact cut.
   */
  private float lowerBound(Candidates candidates) {
    int chunks = k * CHUNKS_PER_TOKEN;
    if (maxima.length != chunks) {
      maxima = new float[chunks];
    }
    int length = candidates.size() / chunks; // what is left over at the end only lowers the bound
    for (int chunk = 0; chunk < chunks; chunk++) {
      float highest = Float.NEGATIVE_INFINITY;
      for (int i = chunk * length; i < (chunk + 1) * length; i++) {
        highest = Math.max(highest, candidates.logits[i]);
      }
      maxima[chunk] = highest;
    }
    Arrays.sort(maxima);
    return maxima[chunks - k];
  }

  @Override
  public boolean keepsBest() {
    return true;
  }
}

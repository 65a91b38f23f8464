package dev.myelin.sampling;

import java.util.Arrays;
import java.util.Optional;

/** Keeps the k most likely tokens; among ties at the threshold, the lowest ids. */
final class TopK implements SamplerStage {
  private static final int CHUNKS_PER_TOKEN = 4;

  private final int k;
  private final RadixSelect select = new RadixSelect();
  private float[] chunkMaxima = {}; // [chunks], largest logit of each chunk of the vocabulary

  private TopK(int k) {
    this.k = k;
  }

  static Optional<SamplerStage> of(SamplingOptions options, TokenHistory history) {
    return options.topK() > 0 ? Optional.of(new TopK(options.topK())) : Optional.empty();
  }

  @Override
  public void apply(Candidates candidates) {
    if (k < candidates.size() / 64) {
      candidates.removeBelow(lowerBound(candidates));
    }
    if (k < candidates.size()) {
      select.keepTop(candidates, candidates.logits, null, k);
    }
  }

  /**
   * A logit that at least k candidates reach, found in one cheap pass: the k-th largest of the
   * chunks' maxima. Only the few candidates above it need the exact selection.
   */
  private float lowerBound(Candidates candidates) {
    int chunks = k * CHUNKS_PER_TOKEN;
    if (chunkMaxima.length != chunks) {
      chunkMaxima = new float[chunks];
    }
    int length = candidates.size() / chunks; // the remainder at the end can only lower the bound
    for (int chunk = 0; chunk < chunks; chunk++) {
      float max = Float.NEGATIVE_INFINITY;
      for (int i = chunk * length; i < (chunk + 1) * length; i++) {
        max = Math.max(max, candidates.logits[i]);
      }
      chunkMaxima[chunk] = max;
    }
    Arrays.sort(chunkMaxima);
    return chunkMaxima[chunks - k];
  }

  @Override
  public boolean isArgmaxInvariant() {
    return true;
  }
}

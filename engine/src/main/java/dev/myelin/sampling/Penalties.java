package dev.myelin.sampling;

import java.util.Optional;

/**
 * Makes recent tokens less likely: the repeat penalty divides a positive logit and multiplies a
 * negative one (dividing it would make the token more likely); then the frequency and presence
 * penalties are subtracted.
 */
final class Penalties implements SamplerStage {
  private final SamplingOptions options;
  private final TokenHistory history;

  private Penalties(SamplingOptions options, TokenHistory history) {
    this.options = options;
    this.history = history;
  }

  static Optional<SamplerStage> of(SamplingOptions options, TokenHistory history) {
    return options.hasPenalties() ? Optional.of(new Penalties(options, history)) : Optional.empty();
  }

  @Override
  public void apply(Candidates candidates) {
    for (int i = 0; i < history.distinct(); i++) {
      int token = history.token(i);
      int index = candidates.indexOf(token);
      if (index >= 0 && candidates.logit(index) > Float.NEGATIVE_INFINITY) {
        candidates.setLogit(index, penalize(candidates.logit(index), history.count(token)));
      }
    }
  }

  private float penalize(float logit, int count) {
    float scaled = logit <= 0 ? logit * options.repeatPenalty() : logit / options.repeatPenalty();
    float lowered = scaled - (count * options.frequencyPenalty() + options.presencePenalty());
    return Math.clamp(lowered, -Float.MAX_VALUE, Float.MAX_VALUE); // extreme penalties stay finite
  }
}

package dev.myelin.evaluate;

/**
 * How likely a continuation of a prompt is.
 *
 * @param continuation its text
 * @param tokens how many tokens it takes after what all continuations have in common
 * @param logProbability of all of them together, in nats
 */
public record ContinuationScore(String continuation, int tokens, double logProbability) {
  /** The log-probability of a token. */
  public double mean() {
    return logProbability / tokens;
  }
}

package dev.myelin.evaluate;

/**
 * The score of a continuation of a prompt. Immutable and thread-safe.
 *
 * @param continuation its text
 * @param tokens number of tokens after the common context
 * @param logProbability log-probability of all these tokens together, in nats
 */
public record ContinuationScore(String continuation, int tokens, double logProbability) {
  /** The mean log-probability per token. */
  public double mean() {
    return logProbability / tokens;
  }
}

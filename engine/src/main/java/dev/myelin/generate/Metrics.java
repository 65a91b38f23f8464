package dev.myelin.generate;

import java.time.Duration;

/**
 * Token counts and times of a generation. Immutable and thread-safe.
 *
 * @param promptTokens tokens computed before the first was sampled, without those that the session
 *     already held
 * @param loadedTokens tokens of the prompt whose states were read from the prompt cache
 * @param generatedTokens sampled tokens, including an end token
 * @param prefill time to feed the prompt
 * @param decode time from the first sampled token to the last, without what sinks and readers of
 *     the text take
 * @param timeToFirstToken from the call to the first sampled token
 */
public record Metrics(
    int promptTokens,
    int loadedTokens,
    int generatedTokens,
    Duration prefill,
    Duration decode,
    Duration timeToFirstToken) {

  /** Tokens per second of the prefill; 0 if nothing was fed. */
  public double prefillTokensPerSecond() {
    return rate(promptTokens, prefill);
  }

  /**
   * Tokens per second after the first one, which belongs to the prefill; 0 if there was no second.
   */
  public double decodeTokensPerSecond() {
    return rate(generatedTokens - 1, decode);
  }

  private static double rate(int tokens, Duration time) {
    return tokens <= 0 || time.isZero() ? 0 : tokens * 1e9 / time.toNanos();
  }
}

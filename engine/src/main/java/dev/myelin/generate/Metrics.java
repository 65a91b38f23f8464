package dev.myelin.generate;

import java.time.Duration;

/**
 * How long a generation took.
 *
 * @param promptTokens tokens fed before the first was sampled; what the session already held does
 *     not count
 * @param generatedTokens tokens sampled, an end token included
 * @param prefill time to feed the prompt
 * @param decode time from the first sampled token to the last
 * @param timeToFirstToken from the call to the first sampled token
 */
public record Metrics(
    int promptTokens,
    int generatedTokens,
    Duration prefill,
    Duration decode,
    Duration timeToFirstToken) {

  /** Tokens a second while the prompt was fed, 0 if none were. */
  public double prefillTokensPerSecond() {
    return rate(promptTokens, prefill);
  }

  /** Tokens a second after the first one, which the prefill paid for; 0 if there was no second. */
  public double decodeTokensPerSecond() {
    return rate(generatedTokens - 1, decode);
  }

  private static double rate(int tokens, Duration time) {
    return tokens <= 0 || time.isZero() ? 0 : tokens * 1e9 / time.toNanos();
  }
}

package dev.myelin.bench;

import dev.myelin.error.InvalidRequestException;

/**
 * One test, as in llama-bench: prompt processing, token generation, or both. Immutable and
 * thread-safe.
 *
 * @param prompt tokens fed in batches
 * @param generated tokens fed one at a time
 * @param depth tokens already in the context, which are not timed
 */
public record BenchSpec(int prompt, int generated, int depth) {
  private static final int MAX_TOKENS = 1 << 24;

  public BenchSpec {
    if (prompt < 0 || generated < 0 || depth < 0 || Math.max(prompt, generated) == 0) {
      throw new InvalidRequestException(
          "test of prompt %s, generation %s, depth %s: expected at least one token"
              .formatted(prompt, generated, depth));
    }
    if (Math.max(Math.max(prompt, generated), depth) > MAX_TOKENS) {
      throw new InvalidRequestException(
          "test of prompt %s, generation %s, depth %s: expected at most %s tokens each"
              .formatted(prompt, generated, depth, MAX_TOKENS));
    }
  }

  /** Number of timed tokens. */
  public int tokens() {
    return prompt + generated;
  }

  /** Number of positions that the test needs. */
  public int positions() {
    return depth + prompt + generated;
  }

  /** The test's name in llama-bench: {@code pp512}, {@code tg128 @ d4096}. */
  public String label() {
    String kind =
        generated == 0
            ? "pp" + prompt
            : prompt == 0 ? "tg" + generated : "pp" + prompt + "+tg" + generated;
    return depth == 0 ? kind : kind + " @ d" + depth;
  }
}

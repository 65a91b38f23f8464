package dev.myelin.bench;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.model.ModelInfo;
import dev.myelin.runtime.RuntimeOptions;

/**
 * One test, as in llama-bench: prompt processing, token generation, or both; or the same with
 * several sequences together, of which a half process their prompts while the others generate if
 * the test is both. Immutable and thread-safe.
 *
 * @param prompt tokens fed in batches, of each sequence
 * @param generated tokens fed one at a time, of each sequence
 * @param depth tokens already in the context, which are not timed
 * @param parallel number of sequences in a shared runtime; 0 for one session of its own
 */
public record BenchSpec(int prompt, int generated, int depth, int parallel) {
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
    if (parallel < 0 || parallel > RuntimeOptions.MAX_SEQUENCES) {
      throw new InvalidRequestException(
          "parallel = " + parallel + ": expected 1 to " + RuntimeOptions.MAX_SEQUENCES);
    }
    if (parallel == 1 && prompt > 0 && generated > 0) {
      throw new InvalidRequestException(
          "parallel = 1: expected 2 or more for prompts and generation at the same time");
    }
  }

  /** A test of one session of its own. */
  public BenchSpec(int prompt, int generated, int depth) {
    this(prompt, generated, depth, 0);
  }

  /** How many of the sequences together process a prompt; the others generate. */
  private int prefilled() {
    return generated == 0 ? parallel : prompt == 0 ? 0 : parallel / 2;
  }

  /** Whether a sequence, from 0, processes a prompt; else it generates. */
  boolean isPrefilled(int sequence) {
    return sequence < prefilled();
  }

  /**
   * Checks that a model can be measured.
   *
   * @throws InvalidRequestException if it computes no logits, or none of tokens after others
   */
  void requireSupport(ModelInfo info) {
    if (generated > 0 || depth > 0) {
      info.requireGeneration();
    } else {
      info.requireLogits();
    }
  }

  /** Number of timed tokens. */
  public int tokens() {
    return parallel == 0
        ? prompt + generated
        : prefilled() * prompt + (parallel - prefilled()) * generated;
  }

  /** Number of positions that a sequence of the test needs. */
  public int positions() {
    return depth + (parallel == 0 ? prompt + generated : Math.max(prompt, generated));
  }

  /** The test's name with the number of sequences together: {@code pp512 x8}. */
  public String label() {
    return parallel == 0 ? name() : name() + " x" + parallel;
  }

  /** The name in llama-bench: {@code pp512}, {@code tg128 @ d4096}. */
  public String name() {
    String kind =
        generated == 0
            ? "pp" + prompt
            : prompt == 0 ? "tg" + generated : "pp" + prompt + "+tg" + generated;
    return depth == 0 ? kind : kind + " @ d" + depth;
  }
}

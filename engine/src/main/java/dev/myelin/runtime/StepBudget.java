package dev.myelin.runtime;

/**
 * How many prompt tokens a step takes, so that those who wait for their next token do not wait too
 * long. Measures the time of steps. Confined to one thread at a time.
 */
final class StepBudget {
  /** Kernels compute this many tokens at nearly the price of fewer. */
  private static final int MULTIPLE = 16;

  private static final int UNKNOWN = 32;
  private static final double SMOOTHING = 0.3;

  private final int batch;
  private final double seconds;
  private double perToken;

  /**
   * @param batch maximum number of tokens
   * @param millis time of a step
   */
  StepBudget(int batch, int millis) {
    this.batch = batch;
    seconds = millis / 1e3;
  }

  /** Tokens of a step. */
  int tokens() {
    int fit = perToken == 0 ? UNKNOWN : (int) Math.min(batch, seconds / perToken);
    return Math.min(batch, Math.max(MULTIPLE, fit / MULTIPLE * MULTIPLE));
  }

  /** Notes a step. Short ones do not tell what a token of a prompt costs. */
  void measured(int tokens, double took) {
    if (tokens >= MULTIPLE) {
      double now = took / tokens;
      perToken = perToken == 0 ? now : perToken + SMOOTHING * (now - perToken);
    }
  }
}

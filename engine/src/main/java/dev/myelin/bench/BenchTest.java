package dev.myelin.bench;

/**
 * One thing to measure: tokens fed together (prefill) or one after the other (decode).
 *
 * @param prompt tokens fed together, or 0
 * @param generate tokens fed one by one, or 0
 * @param depth tokens already there
 */
public record BenchTest(int prompt, int generate, int depth) {
  /** Tokens of a repetition. */
  public int tokens() {
    return prompt + generate;
  }

  /** As llama-bench writes it: {@code pp512}, {@code tg128 @ d4096}. */
  public String label() {
    String what = prompt > 0 ? "pp" + prompt : "tg" + generate;
    return depth == 0 ? what : what + " @ d" + depth;
  }
}

package dev.myelin.bench;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.SessionOptions;
import java.util.ArrayList;
import java.util.List;

/**
 * What to measure.
 *
 * @param prompt tokens of the prefill test, 0 for none
 * @param generate tokens of the decode test, 0 for none
 * @param depth tokens that are there before each test
 * @param repetitions how often each test is timed, after a warm-up that is not
 * @param session threads, batch and cache type; its context length is not looked at
 */
public record BenchSpec(
    int prompt, int generate, int depth, int repetitions, SessionOptions session) {
  private static final int MOST_TOKENS = 1 << 24;
  private static final int MOST_REPETITIONS = 10_000;

  public BenchSpec {
    check("prompt", prompt, 0, MOST_TOKENS);
    check("generate", generate, 0, MOST_TOKENS);
    check("depth", depth, 0, MOST_TOKENS);
    check("repetitions", repetitions, 1, MOST_REPETITIONS);
    if (prompt + generate == 0) {
      throw new InvalidRequestException("prompt = 0 and generate = 0: nothing to measure");
    }
  }

  /** llama-bench's: 512 tokens of prefill, 128 of decode, five times. */
  public static BenchSpec defaults() {
    return new BenchSpec(512, 128, 0, 5, SessionOptions.defaults());
  }

  /** The tests, prefill first. */
  public List<BenchTest> tests() {
    List<BenchTest> tests = new ArrayList<>();
    if (prompt > 0) {
      tests.add(new BenchTest(prompt, 0, depth));
    }
    if (generate > 0) {
      tests.add(new BenchTest(0, generate, depth));
    }
    return tests;
  }

  /** The session's options with a context in which every test has room. */
  public SessionOptions sessionOptions() {
    return session.withContextLength(depth + Math.max(prompt, generate));
  }

  private static void check(String name, int value, int low, int high) {
    if (value < low || value > high) {
      throw new InvalidRequestException(name + " = " + value + ": expected " + low + " to " + high);
    }
  }
}

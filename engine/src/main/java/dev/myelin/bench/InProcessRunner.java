package dev.myelin.bench;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;

/**
 * Times an engine of this process. The tokens are random, and the same for every engine and
 * repetition.
 */
final class InProcessRunner implements BenchRunner {
  private static final long SEED = 42;

  /** Tokens generated before timing starts: enough for the JVM to compile its part of the loop. */
  private static final int WARM_UP_TOKENS = 16;

  private final BenchEngine engine;
  private final int vocabulary;
  private final LongSupplier clock;

  /**
   * @param clock clock in nanoseconds
   */
  InProcessRunner(BenchEngine engine, int vocabulary, LongSupplier clock) {
    this.engine = engine;
    this.vocabulary = vocabulary;
    this.clock = clock;
  }

  @Override
  public String name() {
    return engine.name();
  }

  @Override
  public void prepare(BenchSpec test) {
    feedContext(test);
    int[] generated = generatedTokens(test);
    compute(prompt(test), Arrays.copyOf(generated, Math.min(generated.length, WARM_UP_TOKENS)));
  }

  @Override
  public List<Interval> run(BenchSpec test, int repetitions) {
    int[] prompt = prompt(test);
    int[] generated = generatedTokens(test);
    Interval[] intervals = new Interval[repetitions];
    for (int i = 0; i < repetitions; i++) {
      engine.truncate(test.depth());
      long start = clock.getAsLong();
      compute(prompt, generated);
      intervals[i] = new Interval(start, clock.getAsLong());
    }
    return List.of(intervals);
  }

  /**
   * Runs a test once, without warm-up.
   *
   * @param firstToken called when the logits of the prompt, or of the first token, are computed
   */
  void runOnce(BenchSpec test, Runnable firstToken) {
    feedContext(test);
    int[] prompt = prompt(test);
    int[] generated = generatedTokens(test);
    boolean hasPrompt = prompt.length > 0;
    compute(prompt, hasPrompt ? new int[0] : Arrays.copyOf(generated, 1));
    firstToken.run();
    compute(new int[0], hasPrompt ? generated : Arrays.copyOfRange(generated, 1, generated.length));
  }

  private void feedContext(BenchSpec test) {
    engine.truncate(0);
    if (test.depth() > 0) {
      engine.feed(randomTokens(test.depth(), 0));
    }
  }

  private int[] prompt(BenchSpec test) {
    return randomTokens(test.prompt(), 1);
  }

  private int[] generatedTokens(BenchSpec test) {
    return randomTokens(test.generated(), 2);
  }

  private void compute(int[] prompt, int[] generated) {
    if (prompt.length > 0) {
      engine.feed(prompt);
    }
    for (int token : generated) {
      engine.feed(token);
    }
  }

  private int[] randomTokens(int count, int stream) {
    return new SplittableRandom(SEED + stream).ints(count, 0, vocabulary).toArray();
  }

  @Override
  public void close() {
    engine.close();
  }
}

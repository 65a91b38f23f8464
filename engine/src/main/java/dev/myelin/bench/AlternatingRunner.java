package dev.myelin.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;

/**
 * Times engines in alternation, A B A B, so that other load on the machine affects all of them
 * equally. The tokens are random, and the same for every engine and repetition.
 */
final class AlternatingRunner {
  private static final long SEED = 42;

  /** Tokens generated before timing starts: enough for the JVM to compile its part of the loop. */
  private static final int WARM_UP_TOKENS = 16;

  private final List<BenchEngine> engines;
  private final int vocabulary;
  private final LongSupplier clock;
  private final Runnable idleWait;

  /**
   * @param clock clock in nanoseconds
   * @param rest waits before a run until the threads of the previous run sleep
   */
  AlternatingRunner(List<BenchEngine> engines, int vocabulary, LongSupplier clock, Runnable rest) {
    this.engines = engines;
    this.vocabulary = vocabulary;
    this.clock = clock;
    this.idleWait = rest;
  }

  /** Runs a test. Returns the samples of each engine, in the order of the engines. */
  List<Samples> run(BenchSpec test, int repetitions) {
    int[] context = randomTokens(test.depth(), 0);
    int[] prompt = randomTokens(test.prompt(), 1);
    int[] generated = randomTokens(test.generated(), 2);
    for (BenchEngine engine : engines) {
      engine.truncate(0);
      if (context.length > 0) {
        engine.feed(context);
      }
      compute(engine, prompt, Arrays.copyOf(generated, Math.min(generated.length, WARM_UP_TOKENS)));
    }
    List<List<Long>> times = new ArrayList<>();
    engines.forEach(engine -> times.add(new ArrayList<>()));
    for (int i = 0; i < repetitions; i++) {
      for (int e = 0; e < engines.size(); e++) {
        engines.get(e).truncate(test.depth());
        idleWait.run();
        long start = clock.getAsLong();
        compute(engines.get(e), prompt, generated);
        times.get(e).add(clock.getAsLong() - start);
      }
    }
    return times.stream().map(list -> new Samples(list, test.tokens())).toList();
  }

  private static void compute(BenchEngine engine, int[] prompt, int[] generated) {
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
}

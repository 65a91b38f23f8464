package dev.myelin.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;

/**
 * Times engines turn by turn, A B A B, so that whatever else the machine does meets all of them.
 * The tokens are random, and the same for every engine and repetition.
 */
final class Turns {
  private static final long SEED = 42;

  /**
   * Tokens generated before it counts: enough for the JVM to have compiled its part of the loop.
   */
  private static final int WARM_UP = 16;

  private final List<BenchEngine> engines;
  private final int vocabulary;
  private final LongSupplier clock;
  private final Runnable rest;

  /**
   * @param clock nanoseconds
   * @param rest waits before a turn until the threads of the turn before sleep
   */
  Turns(List<BenchEngine> engines, int vocabulary, LongSupplier clock, Runnable rest) {
    this.engines = engines;
    this.vocabulary = vocabulary;
    this.clock = clock;
    this.rest = rest;
  }

  /** The samples of each engine, in the engines' order. */
  List<Samples> run(BenchSpec test, int repetitions) {
    int[] before = tokens(test.depth(), 0);
    int[] prompt = tokens(test.prompt(), 1);
    int[] generated = tokens(test.generated(), 2);
    for (BenchEngine engine : engines) {
      engine.truncate(0);
      if (before.length > 0) {
        engine.feed(before);
      }
      compute(engine, prompt, Arrays.copyOf(generated, Math.min(generated.length, WARM_UP)));
    }
    List<List<Long>> times = new ArrayList<>();
    engines.forEach(engine -> times.add(new ArrayList<>()));
    for (int i = 0; i < repetitions; i++) {
      for (int e = 0; e < engines.size(); e++) {
        engines.get(e).truncate(test.depth());
        rest.run();
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

  private int[] tokens(int count, int stream) {
    return new SplittableRandom(SEED + stream).ints(count, 0, vocabulary).toArray();
  }
}

package dev.myelin.bench;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Times engines on random tokens. Each test is warmed up once; between the turns of two engines
 * their workers are given time to fall asleep, since one that still spins takes a core from the
 * other.
 */
public final class Benchmark {
  /** ggml's workers spin for up to a quarter of a second. */
  private static final long REST_MILLIS = 400;

  private static final int WARM_UP_TOKENS = 16;
  private static final long SEED = 20;

  private final BenchSpec spec;
  private final BenchSetting setting;
  private final int vocabulary;
  private final Listener listener;

  /** Hears of every timed repetition. */
  @FunctionalInterface
  public interface Listener {
    /**
     * @param repetition from 0
     */
    void timed(String engine, BenchTest test, int repetition, double tokensPerSecond);
  }

  /**
   * @param vocabulary number of tokens of the model
   */
  public Benchmark(BenchSpec spec, BenchSetting setting, int vocabulary, Listener listener) {
    this.spec = spec;
    this.setting = setting;
    this.vocabulary = vocabulary;
    this.listener = listener;
  }

  /** Times one engine. */
  public List<BenchResult> run(Contender engine) {
    List<BenchResult> results = new ArrayList<>();
    for (BenchTest test : spec.tests()) {
      results.add(run(test, List.of(engine)).getFirst());
    }
    return results;
  }

  /** Times two engines turn by turn, ours first. */
  public List<Comparison> compare(Contender ours, Contender peer) {
    List<Comparison> results = new ArrayList<>();
    for (BenchTest test : spec.tests()) {
      List<BenchResult> both = run(test, List.of(ours, peer));
      results.add(new Comparison(both.get(0), both.get(1)));
    }
    return results;
  }

  private List<BenchResult> run(BenchTest test, List<Contender> engines) {
    int[] tokens = new Random(SEED).ints(test.tokens(), 0, vocabulary).toArray();
    int[] before = new Random(SEED + 1).ints(test.depth(), 0, vocabulary).toArray();
    Instant start = Instant.now();
    List<List<Long>> nanos = new ArrayList<>();
    for (Contender engine : engines) {
      nanos.add(new ArrayList<>());
      warmUp(engine, test, tokens, before);
      rest(engines);
    }
    for (int i = 0; i < spec.repetitions(); i++) {
      for (int e = 0; e < engines.size(); e++) {
        Contender engine = engines.get(e);
        long took = time(engine, test, tokens);
        nanos.get(e).add(took);
        listener.timed(engine.name(), test, i, 1e9 * test.tokens() / took);
        rest(engines);
      }
    }
    List<BenchResult> results = new ArrayList<>();
    for (int e = 0; e < engines.size(); e++) {
      Contender engine = engines.get(e);
      Samples samples = new Samples(nanos.get(e), test.tokens());
      results.add(new BenchResult(engine.name(), engine.build(), setting, test, start, samples));
    }
    return results;
  }

  private static void warmUp(Contender engine, BenchTest test, int[] tokens, int[] before) {
    engine.truncate(0);
    if (before.length > 0) {
      engine.feed(before);
    }
    if (test.prompt() > 0) {
      engine.feed(tokens);
    } else {
      oneByOne(engine, tokens, Math.min(tokens.length, WARM_UP_TOKENS));
    }
    engine.truncate(test.depth());
  }

  private static long time(Contender engine, BenchTest test, int[] tokens) {
    long start = System.nanoTime();
    if (test.prompt() > 0) {
      engine.feed(tokens);
    } else {
      oneByOne(engine, tokens, tokens.length);
    }
    long took = System.nanoTime() - start;
    engine.truncate(test.depth());
    return Math.max(took, 1);
  }

  private static void oneByOne(Contender engine, int[] tokens, int count) {
    int[] one = new int[1];
    for (int i = 0; i < count; i++) {
      one[0] = tokens[i];
      engine.feed(one);
    }
  }

  private static void rest(List<Contender> engines) {
    if (engines.size() > 1) {
      try {
        Thread.sleep(REST_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}

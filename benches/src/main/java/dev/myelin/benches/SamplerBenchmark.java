package dev.myelin.benches;

import dev.myelin.sampling.Sampler;
import dev.myelin.sampling.SamplingOptions;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Sampling a token from logits. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class SamplerBenchmark {
  /** Sampling options. */
  public enum Settings {
    GREEDY(SamplingOptions.greedy()),
    DEFAULT(SamplingOptions.defaults()),
    TOP_K(neutral().withTopK(40)),
    TOP_P(neutral().withTopP(0.9f)),
    MIN_P(neutral().withMinP(0.05f)),
    PENALTIES(SamplingOptions.defaults().withRepeatPenalty(1.1f)),
    ALL_TOKENS(neutral());

    private final SamplingOptions options;

    Settings(SamplingOptions options) {
      this.options = options.withSeed(1);
    }

    private static SamplingOptions neutral() {
      return SamplingOptions.defaults().withTemperature(1).withTopK(0).withTopP(1).withMinP(0);
    }
  }

  @Param Settings settings;

  @Param({"32000", "128256"})
  int vocabulary;

  private Sampler sampler;
  private MemorySegment logits;

  @Setup
  public void setUp() {
    Random random = new Random(1);
    logits = Arena.ofAuto().allocate(ValueLayout.JAVA_FLOAT, vocabulary);
    int argmax = 0;
    for (int i = 0; i < vocabulary; i++) {
      logits.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (3 * random.nextGaussian()));
      argmax = logit(i) > logit(argmax) ? i : argmax;
    }
    sampler = new Sampler(settings.options, vocabulary);
    for (int i = 0; i < 100; i++) {
      int token = sampler.sample(logits);
      Checks.check(token >= 0 && token < vocabulary, "token " + token);
      Checks.check(settings != Settings.GREEDY || token == argmax, "not the argmax: " + token);
      sampler.accept(token);
    }
  }

  private float logit(int i) {
    return logits.getAtIndex(ValueLayout.JAVA_FLOAT, i);
  }

  @Benchmark
  public int sample() {
    int token = sampler.sample(logits);
    sampler.accept(token);
    return token;
  }
}

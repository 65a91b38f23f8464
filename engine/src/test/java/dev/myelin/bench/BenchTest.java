package dev.myelin.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.myelin.adapter.Adapter;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.MyelinException;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.state.CacheType;
import dev.myelin.testing.ChangedModel;
import dev.myelin.testing.PeerBench;
import dev.myelin.testing.RandomModel;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SequencedMap;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchTest {
  private static final Offset<Double> TINY = within(1e-9);

  /** Records its calls; each token advances the test's clock by {@code nanosPerToken}. */
  private final class Recorder implements BenchEngine {
    private final String name;
    private final long nanosPerToken;

    Recorder(String name, long perToken) {
      this.name = name;
      this.nanosPerToken = perToken;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public void truncate(int position) {
      calls.add(name + " truncate " + position);
    }

    @Override
    public void feed(int... tokens) {
      calls.add(name + " feed " + tokens.length);
      fed.add(tokens);
      now += nanosPerToken * tokens.length;
    }

    @Override
    public void close() {}
  }

  private final List<String> calls = new ArrayList<>();
  private final List<int[]> fed = new ArrayList<>();
  private long now;

  @Test
  void enginesAlternateOnSameTokens() {
    List<BenchRunner> runners = List.of(runner("a", 10), runner("b", 40));
    List<List<Long>> times = times(runners, new BenchSpec(3, 0, 2), 2);
    assertThat(calls)
        .containsExactly(
            "a truncate 0",
            "a feed 2",
            "a feed 3",
            "b truncate 0",
            "b feed 2",
            "b feed 3",
            "rest",
            "a truncate 2",
            "a feed 3",
            "rest",
            "b truncate 2",
            "b feed 3",
            "rest",
            "a truncate 2",
            "a feed 3",
            "rest",
            "b truncate 2",
            "b feed 3");
    assertThat(times).containsExactly(List.of(30L, 30L), List.of(120L, 120L));
    assertThat(fed.stream().filter(t -> t.length == 3).map(Arrays::toString).distinct()).hasSize(1);
    assertThat(fed.stream().flatMapToInt(Arrays::stream)).allMatch(t -> t >= 0 && t < 7);
  }

  @Test
  void generationFeedsSingleTokensAfterWarmUp() {
    List<List<Long>> times = times(List.of(runner("a", 1)), new BenchSpec(0, 20, 0), 1);
    assertThat(calls.stream().filter("a feed 1"::equals)).hasSize(16 + 20);
    assertThat(calls).doesNotContain("a feed 0");
    assertThat(times).containsExactly(List.of(20L));
  }

  /** Programs that do not alternate run at the end, and what fails is left out. */
  @Test
  void peersThatFailAreLeftOut() {
    BenchRunner late = new Program("late", false, 0);
    BenchRunner broken = new Program("broken", true, 1);
    BenchRunner last = new Program("last", true, Integer.MAX_VALUE);
    List<BenchRunner> runners = List.of(late, runner("a", 1), broken, last);
    SequencedMap<BenchRunner, List<Interval>> times =
        new AlternatingRunner(() -> {}, (r, e) -> calls.add(r.name() + " " + e.getMessage()))
            .run(runners.reversed(), new BenchSpec(4, 0, 0), 2);
    assertThat(times.keySet()).extracting(BenchRunner::name).containsExactly("last", "a");
    assertThat(calls)
        .containsSubsequence(
            "last 1", "broken 1", "last 1", "broken 1", "broken fails", "late 2", "late fails");
    assertThatThrownBy(
            () -> times(List.of(new Program("broken", true, 0), late), new BenchSpec(4, 0, 0), 2))
        .hasMessage("fails");
  }

  private final class Program implements BenchRunner {
    private final String name;
    private final boolean alternates;
    private int left;

    Program(String name, boolean alternates, int successes) {
      this.name = name;
      this.alternates = alternates;
      left = successes;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public boolean alternates() {
      return alternates;
    }

    @Override
    public void prepare(BenchSpec test) {}

    @Override
    public List<Interval> run(BenchSpec test, int repetitions) {
      calls.add(name + " " + repetitions);
      if (left-- == 0) {
        throw new MyelinException("fails");
      }
      return Collections.nCopies(repetitions, new Interval(0, 5));
    }
  }

  private BenchRunner runner(String name, long nanosPerToken) {
    return new InProcessRunner(new Recorder(name, nanosPerToken), 7, () -> now);
  }

  private List<List<Long>> times(List<BenchRunner> runners, BenchSpec test, int repetitions) {
    AlternatingRunner alternating =
        new AlternatingRunner(
            () -> calls.add("rest"),
            (_, e) -> {
              throw e;
            });
    return alternating.run(runners, test, repetitions).values().stream()
        .map(intervals -> intervals.stream().map(Interval::nanoseconds).toList())
        .toList();
  }

  @Test
  void statistics() {
    Samples samples = new Samples(List.of(1_000_000_000L, 500_000_000L, 250_000_000L), 10);
    assertThat(samples.rates()).containsExactly(10, 20, 40);
    assertThat(samples.meanRate()).isEqualTo(70 / 3.0, TINY);
    assertThat(samples.rateStddev()).isEqualTo(Math.sqrt(2100 / 9.0), TINY);
    assertThat(samples.meanNanoseconds()).isEqualTo(1.75e9 / 3, within(1e-3));
    assertThat(samples.medianRate()).isEqualTo(20);
    assertThat(samples.rateQuantile(0)).isEqualTo(10);
    assertThat(samples.rateQuantile(1)).isEqualTo(40);
    assertThat(samples.rateQuantile(0.25)).isEqualTo(15, TINY);
    assertThat(samples.rateQuantile(0.9)).isEqualTo(36, TINY);
    Samples slower = new Samples(List.of(4_000_000_000L, 1_000_000_000L, 750_000_000L, 1L), 10);
    assertThat(samples.medianSpeedup(slower)).isEqualTo(3, TINY);
    Samples one = new Samples(List.of(5L), 1);
    assertThat(one.rateStddev()).isZero();
    assertThat(one.nanosecondsStddev()).isZero();
    assertThat(one.rateQuantile(0.9)).isEqualTo(2e8);
    assertThat(new Samples(List.of(0L), 1).meanRate()).isFinite();
  }

  @Test
  void labelsMatchLlamaBench() {
    assertThat(new BenchSpec(512, 0, 0).label()).isEqualTo("pp512");
    assertThat(new BenchSpec(0, 128, 4096).label()).isEqualTo("tg128 @ d4096");
    assertThat(new BenchSpec(512, 128, 0).label()).isEqualTo("pp512+tg128");
    assertThat(new BenchSpec(5, 6, 7).positions()).isEqualTo(18);
    assertThat(new BenchSpec(5, 6, 7).tokens()).isEqualTo(11);
  }

  @Test
  void sequencesTogetherCountAllTokens() {
    BenchSpec prompts = new BenchSpec(5, 0, 7, 3);
    assertThat(prompts.label()).isEqualTo("pp5 @ d7 x3");
    assertThat(prompts.name()).isEqualTo("pp5 @ d7");
    assertThat(prompts.tokens()).isEqualTo(15);
    assertThat(prompts.positions()).isEqualTo(12);
    assertThat(new BenchSpec(0, 6, 0, 3).tokens()).isEqualTo(18);
    BenchSpec both = new BenchSpec(5, 6, 7, 3);
    assertThat(both.label()).isEqualTo("pp5+tg6 @ d7 x3");
    assertThat(both.tokens()).isEqualTo(5 + 2 * 6);
    assertThat(both.positions()).isEqualTo(13);
    assertThat(both.isPrefilled(0)).isTrue();
    assertThat(both.isPrefilled(1)).isFalse();
    assertThatThrownBy(() -> new BenchSpec(5, 6, 0, 1))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageStartingWith("parallel = 1: expected 2 or more");
    assertThatThrownBy(() -> new BenchSpec(5, 0, 0, 1025))
        .hasMessage("parallel = 1025: expected 1 to 1024");
  }

  @Test
  void measuresSequencesTogether(@TempDir Path folder) {
    Path model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    List<BenchSpec> tests =
        List.of(new BenchSpec(40, 0, 3, 4), new BenchSpec(0, 9, 3, 4), new BenchSpec(40, 9, 3, 4));
    BenchPlan plan =
        plan(
            model,
            tests,
            SessionOptions.defaults().withThreads(1).withContextLength(0).withBatch(32),
            2);
    List<BenchResult> results = new ArrayList<>();
    Bench.run(plan, note -> {}, results::add);
    assertThat(results).extracting(BenchResult::test).isEqualTo(tests);
    assertThat(results).allMatch(r -> r.samples().nanoseconds().size() == 2);
    assertThat(results).allMatch(r -> r.session().contextLength() == 43);
    assertThat(results.get(0).longestWait()).isNull();
    assertThat(results.get(1).longestWait().steps()).isPositive();
    assertThat(results.get(2).longestWait().nanoseconds()).isPositive();
    assertThat(results.get(2).fields()).containsEntry("n_parallel", 4);
    assertThatThrownBy(
            () ->
                new BenchPlan(
                    plan.model(),
                    List.of(),
                    List.of(new BenchSpec(1, 0, 0), new BenchSpec(1, 0, 0, 2)),
                    plan.session(),
                    1,
                    List.of(),
                    null,
                    false))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("parallel = 0: expected 1 or more in all tests, or none");
  }

  /** A model without causality reads prompts only; that is said before anything is measured. */
  @Test
  void refusesTestsThatTheModelCannotDo(@TempDir Path folder) {
    Path model = folder.resolve("model.gguf");
    new ChangedModel(RandomModel.small("llama").writer().toBytes())
        .put("llama.attention.causal", false)
        .write(model);
    SessionOptions options = SessionOptions.defaults().withThreads(1).withContextLength(0);
    for (BenchSpec last : List.of(new BenchSpec(0, 2, 0), new BenchSpec(4, 0, 3))) {
      List<String> notes = new ArrayList<>();
      List<BenchSpec> tests = List.of(new BenchSpec(4, 0, 0), last);
      assertThatThrownBy(() -> Bench.run(plan(model, tests, options, 1), notes::add, r -> {}))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("llama.attention.causal = false");
      assertThat(notes).isEmpty();
    }
    List<BenchResult> results = new ArrayList<>();
    Bench.run(plan(model, List.of(new BenchSpec(4, 0, 0)), options, 1), note -> {}, results::add);
    assertThat(results).hasSize(1);
  }

  @Test
  void fieldsMatchLlamaBench() {
    Adapter adapter = new Adapter(Path.of("story.gguf"), 0.5f);
    BenchResult result =
        new BenchResult(
            "myelin",
            new BenchTarget(
                "abc",
                "cpu",
                "libcpu.so",
                "avx2",
                "f.gguf",
                "llama 1.24B Q4_0",
                700,
                1240,
                List.of(adapter)),
            new SessionOptions(640, 256, 2, CacheType.Q8_0),
            new BenchSpec(512, 0, 64),
            new Samples(List.of(1_000_000_000L, 500_000_000L), 512),
            new Resources(7L, null, 0.25),
            new LimitShare(0.51234567, new MachineLimits(0, 2.5e12, 1e12), 0, 2000, 100),
            null,
            Instant.parse("2026-01-02T03:04:05.678Z"),
            new BenchResult.Speedup(1.25, 1.5));
    assertThat(result.fields().keySet())
        .containsExactly(
            "engine",
            "build_commit",
            "cpu_info",
            "cpu_library",
            "isa",
            "model_filename",
            "model_type",
            "model_size",
            "model_n_params",
            "adapters",
            "n_batch",
            "n_threads",
            "type_k",
            "type_v",
            "n_prompt",
            "n_gen",
            "n_depth",
            "n_parallel",
            "test_time",
            "avg_ns",
            "stddev_ns",
            "avg_ts",
            "stddev_ts",
            "p10_ts",
            "median_ts",
            "p90_ts",
            "max_wait_steps",
            "max_wait_ns",
            "first_token_ns",
            "peak_bytes",
            "joules_per_token",
            "ratio",
            "ratio_paired",
            "limit_share",
            "limit_bytes_per_s",
            "limit_int8_ops_per_s",
            "limit_f32_ops_per_s",
            "bytes_per_token",
            "int8_ops_per_token",
            "f32_ops_per_token",
            "samples_ns",
            "samples_ts");
    assertThat(result.fields())
        .containsEntry("adapters", "story.gguf=0.5")
        .containsEntry("isa", "avx2")
        .containsEntry("n_depth", 64)
        .containsEntry("type_v", "q8_0")
        .containsEntry("test_time", "2026-01-02T03:04:05Z")
        .containsEntry("avg_ns", 750_000_000L)
        .containsEntry("stddev_ns", 353_553_391L)
        .containsEntry("avg_ts", 768.0)
        .containsEntry("median_ts", 768.0)
        .containsEntry("p90_ts", 972.8)
        .containsEntry("first_token_ns", 7L)
        .containsEntry("peak_bytes", null)
        .containsEntry("joules_per_token", 0.25)
        .containsEntry("ratio", 1.25)
        .containsEntry("ratio_paired", 1.5)
        .containsEntry("limit_share", 0.512346)
        .containsEntry("limit_bytes_per_s", null)
        .containsEntry("limit_int8_ops_per_s", 2_500_000_000_000L)
        .containsEntry("bytes_per_token", null)
        .containsEntry("f32_ops_per_token", 100L)
        .containsEntry("samples_ts", new double[] {512, 1024});
  }

  @Test
  void rejectsInvalidPlans() {
    assertThatThrownBy(() -> new BenchSpec(0, 0, 5)).isInstanceOf(InvalidRequestException.class);
    assertThatThrownBy(() -> new BenchSpec(-1, 5, 0)).isInstanceOf(InvalidRequestException.class);
    assertThatThrownBy(() -> new BenchSpec(Integer.MAX_VALUE, 0, Integer.MAX_VALUE))
        .isInstanceOf(InvalidRequestException.class);
    SessionOptions options = SessionOptions.defaults();
    List<BenchSpec> tests = List.of(new BenchSpec(512, 0, 8), new BenchSpec(0, 9, 0));
    assertThat(plan(tests, options, 5).session().contextLength()).isEqualTo(520);
    assertThatThrownBy(() -> plan(tests, options.withContextLength(519), 5))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("context = 519: the tests need 520");
    assertThatThrownBy(() -> plan(tests, options, 0)).hasMessageContaining("repetitions = 0");
    assertThatThrownBy(() -> plan(List.of(), options, 1)).hasMessageContaining("no tests");
  }

  private static BenchPlan plan(List<BenchSpec> tests, SessionOptions options, int repetitions) {
    return plan(Path.of("none.gguf"), tests, options, repetitions);
  }

  private static BenchPlan plan(
      Path model, List<BenchSpec> tests, SessionOptions options, int repetitions) {
    return new BenchPlan(
        Checkpoint.of(model), List.of(), tests, options, repetitions, List.of(), null, false);
  }

  @Test
  void measuresModelWithAdapterAndPeer(@TempDir Path folder) {
    PeerBench.check(
        new BenchPeer.InProcess("other", (_, _, _) -> new Recorder("other", 10)), folder);
  }
}

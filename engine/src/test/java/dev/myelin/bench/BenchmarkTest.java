package dev.myelin.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.myelin.cache.CacheType;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchmarkTest {
  private static final SessionOptions OPTIONS =
      SessionOptions.defaults().withThreads(1).withBatch(64).withCacheType(CacheType.F16);

  @TempDir Path folder;

  @Test
  void statisticsOfKnownSamples() {
    Samples samples = new Samples(List.of(4_000_000L, 2_000_000L, 1_000_000L, 5_000_000L), 10);
    assertThat(samples.averageNanos()).isEqualTo(3_000_000);
    // squares of 1, 1, 2 and 2 million, by three
    assertThat(samples.deviationNanos()).isEqualTo(1_825_741);
    assertThat(samples.rates()).containsExactly(2500.0, 5000.0, 10_000.0, 2000.0);
    assertThat(samples.averageRate()).isEqualTo(4875);
    assertThat(samples.percentileRate(50)).isEqualTo(3750);
    assertThat(samples.percentileRate(0)).isEqualTo(2000);
    assertThat(samples.percentileRate(100)).isEqualTo(10_000);
    assertThat(samples.percentileRate(5)).isCloseTo(2075, within(1e-9));
    Samples single = new Samples(List.of(7L), 1);
    assertThat(single.deviationNanos()).isZero();
    assertThat(single.deviationRate()).isZero();
    assertThat(single.percentileRate(95)).isEqualTo(1e9 / 7);
  }

  @Test
  void aSpecIsChecked() {
    assertThatThrownBy(() -> new BenchSpec(0, 0, 0, 5, OPTIONS))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("nothing to measure");
    assertThatThrownBy(() -> new BenchSpec(-1, 1, 0, 5, OPTIONS)).hasMessageContaining("prompt");
    assertThatThrownBy(() -> new BenchSpec(1, -1, 0, 5, OPTIONS)).hasMessageContaining("generate");
    assertThatThrownBy(() -> new BenchSpec(1, 1, -1, 5, OPTIONS)).hasMessageContaining("depth");
    assertThatThrownBy(() -> new BenchSpec(1, 1, 0, 0, OPTIONS))
        .hasMessageContaining("repetitions = 0");
    assertThat(new BenchSpec(512, 128, 0, 1, OPTIONS).tests())
        .extracting(BenchTest::label)
        .containsExactly("pp512", "tg128");
    assertThat(new BenchSpec(0, 16, 100, 1, OPTIONS).tests())
        .extracting(BenchTest::label)
        .containsExactly("tg16 @ d100");
  }

  @Test
  void turnsAlternateAndEachStartsAtTheSameDepth() {
    List<String> log = new ArrayList<>();
    BenchSpec spec = new BenchSpec(3, 2, 4, 2, OPTIONS);
    Model model = null;
    try (Model m = Model.load(file())) {
      model = m;
      BenchSetting setting = BenchSetting.of(ModelFacts.of(m.file()), OPTIONS);
      List<String> heard = new ArrayList<>();
      new Benchmark(spec, setting, 320, (e, t, i, r) -> heard.add(e + " " + t.label() + " " + i))
          .compare(new Logged("a", log), new Logged("b", log));
      assertThat(heard)
          .containsExactly(
              "a pp3 @ d4 0",
              "b pp3 @ d4 0",
              "a pp3 @ d4 1",
              "b pp3 @ d4 1",
              "a tg2 @ d4 0",
              "b tg2 @ d4 0",
              "a tg2 @ d4 1",
              "b tg2 @ d4 1");
    }
    assertThat(model.isOpen()).isFalse();
    assertThat(log.subList(0, 12))
        .containsExactly(
            "a cut 0", "a 4", "a 3", "a cut 4", "b cut 0", "b 4", "b 3", "b cut 4", "a 3",
            "a cut 4", "b 3", "b cut 4");
  }

  @Test
  void myelinAloneHasTheFieldsOfTheTable() {
    BenchSpec spec = new BenchSpec(8, 4, 5, 3, OPTIONS);
    try (Model model = Model.load(file());
        MyelinContender ours = new MyelinContender(model, spec)) {
      BenchSetting setting = BenchSetting.of(ModelFacts.of(model.file()), ours.options());
      List<BenchResult> results = new Benchmark(spec, setting, 320, (e, t, i, r) -> {}).run(ours);
      assertThat(results).hasSize(2);
      Map<String, Object> fields = results.getLast().fields();
      assertThat(fields)
          .containsEntry("engine", "myelin")
          .containsEntry("n_prompt", 0)
          .containsEntry("n_gen", 4)
          .containsEntry("n_depth", 5)
          .containsEntry("n_threads", 1)
          .containsEntry("n_batch", 64)
          .containsEntry("type_k", "f16")
          .containsEntry("model_type", "llama 0.46M F32")
          .containsEntry("model_size", 4 * (long) fields.get("model_n_params"))
          .containsKeys("build_commit", "cpu_info", "test_time", "stddev_ns", "stddev_ts");
      assertThat((List<?>) fields.get("samples_ns")).hasSize(3);
      assertThat((double) fields.get("avg_ts")).isPositive();
    }
  }

  @Test
  void comparedWithLlamaCpp() {
    Logits.requireOracle();
    BenchSpec spec = new BenchSpec(8, 4, 0, 2, OPTIONS);
    Path file = file();
    try (Model model = Model.load(file);
        MyelinContender ours = new MyelinContender(model, spec);
        LlamaCppContender peer = new LlamaCppContender(file, ours.options())) {
      BenchSetting setting = BenchSetting.of(ModelFacts.of(model.file()), ours.options());
      List<Comparison> results =
          new Benchmark(spec, setting, 320, (e, t, i, r) -> {}).compare(ours, peer);
      assertThat(results).hasSize(2);
      for (Comparison c : results) {
        assertThat(c.peer().engine()).isEqualTo("llama.cpp");
        assertThat(c.pairRatios()).hasSize(2).allMatch(r -> r > 0);
        assertThat(c.ratio())
            .isEqualTo(
                c.ours().samples().percentileRate(50) / c.peer().samples().percentileRate(50));
        assertThat(c.fields()).containsKeys("ratio_p50", "ratio_pairs", "ratios");
      }
    }
  }

  private Path file() {
    Shape tiny = new Shape(2, 64, 4, 2, 16, 1024, 320, 512);
    return RandomModel.small("llama").withShape(tiny).write(folder.resolve("tiny.gguf"));
  }

  /** An engine that only writes down what it is told. */
  private record Logged(String name, List<String> log) implements Contender {
    @Override
    public String build() {
      return "test";
    }

    @Override
    public void feed(int[] tokens) {
      log.add(name + " " + tokens.length);
    }

    @Override
    public void truncate(int length) {
      log.add(name + " cut " + length);
    }

    @Override
    public void close() {}
  }
}

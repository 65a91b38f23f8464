package dev.myelin.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.myelin.adapter.Adapter;
import dev.myelin.bench.Bench;
import dev.myelin.bench.BenchPlan;
import dev.myelin.bench.BenchResult;
import dev.myelin.bench.BenchSpec;
import dev.myelin.bindings.peer.LlamaCpp;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.testing.RandomAdapter;
import dev.myelin.testing.SharedData;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LlamaCppEngineTest {
  private static final Offset<Double> TINY = within(1e-9);

  @Test
  void refusesAnUnknownPeer() {
    assertThatThrownBy(() -> Peers.of("other"))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("peer other: known are llama.cpp");
  }

  @Test
  void measuresAModelWithAnAdapterBesideMyelin(@TempDir Path folder) {
    Path model = SharedData.path("models/stories260K-Q8_0.gguf");
    assumeThat(LlamaCpp.isAvailable()).as("no libllama beside this ggml").isTrue();
    List<BenchSpec> tests = List.of(new BenchSpec(32, 0, 16), new BenchSpec(0, 8, 0));
    SessionOptions options = SessionOptions.defaults().withThreads(1).withBatch(16);
    Path file =
        RandomAdapter.ofRank(4)
            .only(n -> n.startsWith("blk."))
            .write(folder.resolve("adapter.gguf"), model);
    Adapter adapter = new Adapter(file, 0.5f);
    List<String> told = new ArrayList<>();
    List<BenchResult> results = new ArrayList<>();
    Bench.run(
        new BenchPlan(
            Checkpoint.of(model),
            List.of(adapter),
            tests,
            options,
            2,
            List.of(Peers.of("llama.cpp"))),
        test -> told.add(test.label()),
        results::add);
    assertThat(told).containsExactly("pp32 @ d16", "tg8");
    assertThat(results)
        .extracting(r -> r.engine() + " " + r.test().label())
        .containsExactly(
            "myelin pp32 @ d16", "llama.cpp pp32 @ d16", "myelin tg8", "llama.cpp tg8");
    for (BenchResult result : results) {
      assertThat(result.samples().nanoseconds()).hasSize(2).allMatch(ns -> ns > 0);
      assertThat(result.target().parameters()).isEqualTo(260_032);
      assertThat(result.target().modelType()).startsWith("llama 260.03K ");
    }
    assertThat(results.get(0).speedup()).isNull();
    assertThat(results.get(1).speedup().medianRatio())
        .isEqualTo(
            results.get(0).samples().medianRate() / results.get(1).samples().medianRate(), TINY);
  }
}

package dev.myelin.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.myelin.adapter.Adapter;
import dev.myelin.bench.Bench;
import dev.myelin.bench.BenchPeer;
import dev.myelin.bench.BenchPlan;
import dev.myelin.bench.BenchResult;
import dev.myelin.bench.BenchSpec;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.Checkpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A benchmark of a model with an adapter, by Myelin and by a peer. */
public final class PeerBench {
  private PeerBench() {}

  /** Runs it and checks the results of both; the folder is for the adapter. */
  public static void check(BenchPeer peer, Path folder) {
    Path model = SharedData.path("models/stories260K-Q8_0.gguf");
    List<BenchSpec> tests = List.of(new BenchSpec(32, 0, 16), new BenchSpec(0, 8, 0));
    SessionOptions options = SessionOptions.defaults().withThreads(1).withBatch(16);
    Path file =
        RandomAdapter.ofRank(4)
            .only(n -> n.startsWith("blk."))
            .write(folder.resolve("adapter.gguf"), model);
    Adapter adapter = new Adapter(file, 0.5f);
    List<String> started = new ArrayList<>();
    List<BenchResult> results = new ArrayList<>();
    Bench.run(
        new BenchPlan(
            Checkpoint.of(model), List.of(adapter), tests, options, 2, List.of(peer), null, true),
        started::add,
        results::add);
    assertThat(started).containsExactly("measuring pp32 @ d16", "measuring tg8");
    assertThat(results)
        .extracting(r -> r.engine() + " " + r.test().label())
        .containsExactly(
            "myelin pp32 @ d16", peer.name() + " pp32 @ d16", "myelin tg8", peer.name() + " tg8");
    for (BenchResult result : results) {
      assertThat(result.samples().nanoseconds()).hasSize(2).allMatch(ns -> ns > 0);
      assertThat(result.limits().share()).isPositive();
      assertThat(result.target().parameters()).isEqualTo(260_032);
      assertThat(result.target().modelType()).startsWith("llama 260.03K ");
    }
    assertThat(results.get(0).speedup()).isNull();
    assertThat(results.get(1).speedup().medianRatio())
        .isEqualTo(
            results.get(0).samples().medianRate() / results.get(1).samples().medianRate(),
            within(1e-9));
  }
}

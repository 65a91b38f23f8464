package dev.myelin.bench;

import dev.myelin.generate.SessionOptions;
import dev.myelin.inspect.Inspection;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Runs a benchmark plan. */
public final class Bench {
  private Bench() {}

  /**
   * Runs each test and passes on its results when it is done: Myelin's first, then those of the
   * peers, which alternate with Myelin in the same process.
   *
   * @param progress receives each test before it starts
   * @throws dev.myelin.error.MyelinException if the model or a peer cannot be loaded, or the
   *     model's context is too short
   */
  public static void run(
      BenchPlan plan, Consumer<BenchSpec> progress, Consumer<BenchResult> results) {
    BenchTarget target = BenchTarget.of(Inspection.of(plan.model()), plan.adapters());
    List<BenchEngine> engines = new ArrayList<>();
    try {
      MyelinEngine myelin = new MyelinEngine(plan.model(), plan.adapters(), plan.session());
      engines.add(myelin);
      SessionOptions session = myelin.options();
      for (BenchPeer peer : plan.peers()) {
        Path file = plan.model().file().orElseThrow();
        engines.add(peer.loader().load(file, plan.adapters(), session));
      }
      AlternatingRunner runner =
          new AlternatingRunner(engines, myelin.vocabulary(), System::nanoTime, new IdleWait());
      for (BenchSpec test : plan.tests()) {
        progress.accept(test);
        List<Samples> samples = runner.run(test, plan.repetitions());
        for (int i = 0; i < samples.size(); i++) {
          BenchResult.Speedup speedup =
              i == 0 ? null : BenchResult.Speedup.of(samples.getFirst(), samples.get(i));
          String name = engines.get(i).name();
          results.accept(
              new BenchResult(name, target, session, test, samples.get(i), Instant.now(), speedup));
        }
      }
    } finally {
      engines.reversed().forEach(BenchEngine::close);
    }
  }
}

package dev.myelin.bench;

import dev.myelin.generate.SessionOptions;
import dev.myelin.inspect.Inspection;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Carries out a plan. */
public final class Bench {
  private Bench() {}

  /**
   * Measures each test and hands out its results as soon as it is done: Myelin's first, then those
   * of the peers, which took turns with it in the same process.
   *
   * @param progress is told each test's name before it begins
   * @throws dev.myelin.error.MyelinException if the model or a peer cannot be loaded, or the model
   *     has not so many positions
   */
  public static void run(
      BenchPlan plan, Consumer<BenchSpec> progress, Consumer<BenchResult> results) {
    BenchSubject subject = BenchSubject.of(Inspection.of(plan.model()), plan.adapters());
    List<BenchEngine> engines = new ArrayList<>();
    try {
      MyelinEngine myelin = new MyelinEngine(plan.model(), plan.adapters(), plan.session());
      engines.add(myelin);
      SessionOptions session = myelin.options();
      for (BenchPeer peer : plan.peers()) {
        Path file = plan.model().file().orElseThrow();
        engines.add(peer.loader().load(file, plan.adapters(), session));
      }
      Turns turns = new Turns(engines, myelin.vocabulary(), System::nanoTime, new Rest());
      for (BenchSpec test : plan.tests()) {
        progress.accept(test);
        List<Samples> samples = turns.run(test, plan.repetitions());
        for (int i = 0; i < samples.size(); i++) {
          BenchResult.Lead lead =
              i == 0 ? null : BenchResult.Lead.of(samples.getFirst(), samples.get(i));
          String name = engines.get(i).name();
          results.accept(
              new BenchResult(name, subject, session, test, samples.get(i), Instant.now(), lead));
        }
      }
    } finally {
      engines.reversed().forEach(BenchEngine::close);
    }
  }
}

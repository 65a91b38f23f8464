package dev.myelin.bench;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.MyelinException;
import dev.myelin.generate.SessionOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/** Runs every test once with every engine, each time in a new process. */
final class ColdRuns {
  private static final ColdRun UNKNOWN = new ColdRun(null, null);
  private static final String UNMEASURED = "memory is not measured";

  private record Key(String engine, BenchSpec test) {}

  private final Map<Key, ColdRun> results = new HashMap<>();
  private final Consumer<String> notes;

  ColdRuns(Consumer<String> notes) {
    this.notes = notes;
  }

  /**
   * Runs all tests, if the plan has a starter. The file is read before, so that it comes from the
   * page cache for all engines.
   *
   * @param programs those that fail are removed
   */
  void measure(BenchPlan plan, SessionOptions session, List<BenchRunner> programs) {
    if (plan.coldRuns() == null) {
      return;
    }
    if (plan.model().file().isEmpty()) {
      notes.accept("time to first token and memory are not measured: the model is not a file");
      return;
    }
    Path file = plan.model().file().get();
    readToPageCache(plan.model().files());
    for (BenchSpec test : plan.tests()) {
      notes.accept("measuring " + test.label() + " in new processes");
      Function<String, ColdRun> starter =
          name -> plan.coldRuns().run(name, file, plan.adapters(), session, test);
      measure(MyelinEngine.NAME, test, () -> starter.apply(MyelinEngine.NAME), UNMEASURED);
      for (BenchPeer peer : plan.peers()) {
        if (peer instanceof BenchPeer.InProcess) {
          measure(peer.name(), test, () -> starter.apply(peer.name()), UNMEASURED);
        }
      }
      for (BenchRunner program : List.copyOf(programs)) {
        if (!measure(program.name(), test, () -> program.coldRun(test), "skipped")) {
          programs.remove(program);
        }
      }
    }
  }

  /**
   * Returns whether it succeeded, or the engine has no such test.
   *
   * @param consequence of a failure
   */
  private boolean measure(
      String engine, BenchSpec test, Supplier<ColdRun> run, String consequence) {
    try {
      results.put(new Key(engine, test), run.get());
      return true;
    } catch (InvalidRequestException e) {
      return true; // the measurement of this test reports it
    } catch (MyelinException e) {
      notes.accept(
          "%s: %s: %s in a new process: %s"
              .formatted(engine, consequence, test.label(), e.getMessage()));
      return false;
    }
  }

  ColdRun of(String engine, BenchSpec test) {
    return results.getOrDefault(new Key(engine, test), UNKNOWN);
  }

  private static void readToPageCache(List<Path> files) {
    byte[] buffer = new byte[1 << 20];
    for (Path file : files) {
      try (InputStream in = Files.newInputStream(file)) {
        while (in.read(buffer) >= 0) {
          // only for the page cache
        }
      } catch (IOException e) {
        // the engines report it
      }
    }
  }
}

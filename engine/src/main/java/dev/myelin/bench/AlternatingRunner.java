package dev.myelin.bench;

import dev.myelin.error.MyelinException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.BiConsumer;

/**
 * Times engines in alternation, A B A B, so that other load on the machine affects all of them
 * equally. Engines that do not alternate follow.
 */
final class AlternatingRunner {
  private final Runnable idleWait;
  private final BiConsumer<BenchRunner, MyelinException> failures;

  /**
   * @param idleWait waits before a run until the threads of the previous run sleep
   * @param failures receives a peer that failed, and is left out of the rest of the test
   */
  AlternatingRunner(Runnable idleWait, BiConsumer<BenchRunner, MyelinException> failures) {
    this.idleWait = idleWait;
    this.failures = failures;
  }

  /**
   * Runs a test. Returns the repetitions of each engine that completed it, in the order of the
   * engines. A failure of the first engine ends the test.
   */
  SequencedMap<BenchRunner, List<Interval>> run(
      List<BenchRunner> runners, BenchSpec test, int repetitions) {
    Turns turns = new Turns(runners);
    turns.each(runners, runner -> runner.prepare(test));
    List<BenchRunner> alternating = runners.stream().filter(BenchRunner::alternates).toList();
    for (int i = 0; i < repetitions; i++) {
      turns.each(alternating, runner -> turns.run(runner, test, 1));
    }
    List<BenchRunner> others = runners.stream().filter(r -> !r.alternates()).toList();
    turns.each(others, runner -> turns.run(runner, test, repetitions));
    return turns.times;
  }

  private interface Step {
    void run(BenchRunner runner);
  }

  private final class Turns {
    private final BenchRunner first;
    private final SequencedMap<BenchRunner, List<Interval>> times = new LinkedHashMap<>();

    Turns(List<BenchRunner> runners) {
      first = runners.getFirst();
      runners.forEach(runner -> times.put(runner, new ArrayList<>()));
    }

    void run(BenchRunner runner, BenchSpec test, int repetitions) {
      idleWait.run();
      times.get(runner).addAll(runner.run(test, repetitions));
    }

    void each(List<BenchRunner> runners, Step step) {
      for (BenchRunner runner : runners) {
        if (!times.containsKey(runner)) {
          continue;
        }
        try {
          step.run(runner);
        } catch (MyelinException e) {
          if (runner == first) {
            throw e;
          }
          times.remove(runner);
          failures.accept(runner, e);
        }
      }
    }
  }
}

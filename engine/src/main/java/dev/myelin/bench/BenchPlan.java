package dev.myelin.bench;

import dev.myelin.adapter.Adapter;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.Checkpoint;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tests of a benchmark and their options. Immutable and thread-safe.
 *
 * @param model in a file, where peers take part
 * @param tests either all with sequences together, or none: without peers, cold runs and limits
 * @param adapters adapters of the model, also for the peers
 * @param session threads, batch, cache type; a context of 0 is as long as the longest test needs
 * @param repetitions number of timed runs per test
 * @param peers other engines to measure beside Myelin
 * @param coldRuns starts processes to measure memory and time to first token, and lets the energy
 *     be measured too; null for none of these
 * @param limits whether to measure what the machine can do, see {@link LimitShare}
 */
public record BenchPlan(
    Checkpoint model,
    List<Adapter> adapters,
    List<BenchSpec> tests,
    SessionOptions session,
    int repetitions,
    List<BenchPeer> peers,
    ColdRun.@Nullable Starter coldRuns,
    boolean limits) {
  private static final int MAX_REPETITIONS = 100_000;

  public BenchPlan {
    adapters = List.copyOf(adapters);
    tests = List.copyOf(tests);
    peers = List.copyOf(peers);
    if (tests.isEmpty()) {
      throw new InvalidRequestException("no tests: prompt and generation are both 0");
    }
    if (repetitions < 1 || repetitions > MAX_REPETITIONS) {
      throw new InvalidRequestException(
          "repetitions = " + repetitions + ": expected 1 to " + MAX_REPETITIONS);
    }
    if (tests.stream().anyMatch(t -> t.parallel() > 0)) {
      requireAlone(tests, !peers.isEmpty(), coldRuns != null, limits);
    }
    int needed = tests.stream().mapToInt(BenchSpec::positions).max().orElseThrow();
    if (session.contextLength() == 0) {
      session = session.withContextLength(needed);
    } else if (session.contextLength() < needed) {
      throw new InvalidRequestException(
          "context = " + session.contextLength() + ": the tests need " + needed);
    }
    if (!peers.isEmpty() && model.file().isEmpty()) {
      throw new InvalidRequestException(
          "peer %s: reads files only, expected another model than %s"
              .formatted(peers.getFirst().name(), model.path()));
    }
  }

  private static void requireAlone(
      List<BenchSpec> tests, boolean peers, boolean resources, boolean limits) {
    if (tests.stream().anyMatch(t -> t.parallel() == 0)) {
      throw new InvalidRequestException("parallel = 0: expected 1 or more in all tests, or none");
    }
    if (peers || resources || limits) {
      throw new InvalidRequestException(
          "parallel: sequences together are measured without other engines, resources and limits");
    }
  }

  /** The most sequences together; 0 if the tests have a session of their own. */
  public int sequences() {
    return tests.stream().mapToInt(BenchSpec::parallel).max().orElseThrow();
  }
}

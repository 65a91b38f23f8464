package dev.myelin.bench;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.MyelinException;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.GgufFile;
import dev.myelin.graph.Threads;
import dev.myelin.inspect.Inspection;
import dev.myelin.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Runs a benchmark plan. Confined to one thread at a time. */
public final class Bench {
  private final BenchPlan plan;
  private final Consumer<String> notes;
  private final Consumer<BenchResult> results;
  private final BenchTarget target;

  /** Without a file there are no peers. */
  private final @Nullable Path file;

  private final ColdRuns coldRuns;
  private final IdleWait idleWait = new IdleWait();

  /** Null if the plan does not ask for it. */
  private final @Nullable LimitMeter limits;

  /** Myelin's first. */
  private final List<BenchRunner> runners = new ArrayList<>();

  private Bench(BenchPlan plan, Consumer<String> notes, Consumer<BenchResult> results) {
    this.plan = plan;
    this.notes = notes;
    this.results = results;
    Inspection inspection = Inspection.of(plan.model());
    target = BenchTarget.of(inspection, plan.adapters());
    file = plan.model().file().orElse(null);
    coldRuns = new ColdRuns(notes);
    limits = plan.limits() ? limitMeter(inspection) : null;
  }

  /**
   * Runs each test and passes on its results when it is done: Myelin's first, then those of the
   * peers. A peer that cannot run the tests, or fails, is left out, with a note.
   *
   * @param notes receives a line when a test starts, and if something cannot be measured
   * @throws MyelinException if the model cannot be loaded, or its context is too short
   */
  public static void run(BenchPlan plan, Consumer<String> notes, Consumer<BenchResult> results) {
    new Bench(plan, notes, results).run();
  }

  /**
   * Runs one test of a plan once, with one engine and without warm-up, for a {@link ColdRun}.
   *
   * @param engine {@code myelin} or the name of a peer of the plan
   * @param loading called before the engine is loaded
   * @param firstToken called when the logits of the prompt, or of the first token, are computed
   */
  public static void runOnce(BenchPlan plan, String engine, Runnable loading, Runnable firstToken) {
    SessionOptions session = resolved(plan.session());
    BenchSpec test = plan.tests().getFirst();
    int vocabulary = vocabulary(plan);
    loading.run();
    if (engine.equals(MyelinEngine.NAME)) {
      try (MyelinEngine myelin = new MyelinEngine(plan.model(), plan.adapters(), session)) {
        new InProcessRunner(myelin, vocabulary, System::nanoTime).runOnce(test, firstToken);
      }
      return;
    }
    for (BenchPeer peer : plan.peers()) {
      if (peer instanceof BenchPeer.InProcess(String name, var loader) && name.equals(engine)) {
        Path file = plan.model().file().orElseThrow();
        try (BenchEngine loaded = loader.load(file, plan.adapters(), session)) {
          new InProcessRunner(loaded, vocabulary, System::nanoTime).runOnce(test, firstToken);
        }
      }
    }
  }

  private static int vocabulary(BenchPlan plan) {
    try (GgufFile file = plan.model().open()) {
      return Tokenizer.vocabularySize(file);
    }
  }

  /** Threads and context length in use, as a session resolves them. */
  private static SessionOptions resolved(SessionOptions session) {
    return session.withThreads(Threads.effective(session.threads(), session.forceThreads()));
  }

  private LimitMeter limitMeter(Inspection inspection) {
    ModelWork work = ModelWork.of(inspection, plan.adapters(), plan.session().cacheType());
    return new LimitMeter(work, resolved(plan.session()).threads());
  }

  private void run() {
    try (limits;
        EnergyMeter energy = energyMeter()) {
      SessionOptions options = plan.sequences() > 0 ? addParallel() : addEngines();
      AlternatingRunner runner = new AlternatingRunner(this::rest, this::leaveOut);
      for (BenchSpec test : plan.tests()) {
        notes.accept("measuring " + test.label());
        if (energy != null) {
          energy.reset();
        }
        if (limits != null) {
          limits.start(test);
        }
        var times = runner.run(List.copyOf(runners), test, plan.repetitions());
        if (limits != null) {
          rest();
        }
        report(test, times, options, energy);
      }
    } finally {
      runners.reversed().forEach(BenchRunner::close);
    }
  }

  /** Adds Myelin and its peers; returns the options in use. */
  private SessionOptions addEngines() {
    List<BenchRunner> programs = programs();
    coldRuns.measure(plan, resolved(plan.session()), programs);
    MyelinEngine myelin = new MyelinEngine(plan.model(), plan.adapters(), plan.session());
    runners.add(new InProcessRunner(myelin, myelin.info().vocabulary(), System::nanoTime));
    plan.tests().forEach(test -> test.requireSupport(myelin.info()));
    addPeers(myelin, programs);
    return myelin.options();
  }

  private SessionOptions addParallel() {
    ParallelRunner myelin =
        new ParallelRunner(plan.model(), plan.adapters(), plan.session(), plan.sequences());
    runners.add(myelin);
    plan.tests().forEach(test -> test.requireSupport(myelin.info()));
    return myelin.options();
  }

  /** Waits until the machine is free for the next turn, and measures it. */
  private void rest() {
    idleWait.run();
    if (limits != null) {
      limits.measure();
    }
  }

  private @Nullable EnergyMeter energyMeter() {
    if (plan.coldRuns() == null) {
      return null;
    }
    try {
      return EnergyMeter.open(EnergyMeter.ROOT);
    } catch (IOException e) {
      notes.accept("energy is not measured: " + e.getMessage());
      return null;
    }
  }

  /** The peers that are programs, those that can run. */
  private List<BenchRunner> programs() {
    List<BenchRunner> programs = new ArrayList<>();
    for (BenchPeer peer : plan.peers()) {
      if (peer instanceof BenchPeer.Program program) {
        attempt(peer, () -> programs.add(load(program.loader(), resolved(plan.session()))));
      }
    }
    return programs;
  }

  private void addPeers(MyelinEngine myelin, List<BenchRunner> programs) {
    for (BenchPeer peer : plan.peers()) {
      if (peer instanceof BenchPeer.InProcess library) {
        attempt(
            peer,
            () -> {
              BenchEngine engine = load(library.loader(), myelin.options());
              int vocabulary = myelin.info().vocabulary();
              runners.add(new InProcessRunner(engine, vocabulary, System::nanoTime));
            });
      }
    }
    runners.addAll(programs);
  }

  private <T> T load(BenchPeer.Loader<T> loader, SessionOptions session) {
    return loader.load(file, plan.adapters(), session);
  }

  private void attempt(BenchPeer peer, Runnable loading) {
    try {
      loading.run();
    } catch (MyelinException e) {
      skipped(peer.name(), e);
    }
  }

  /** A test that an engine cannot run does not affect the other tests. */
  private void leaveOut(BenchRunner runner, MyelinException failure) {
    skipped(runner.name(), failure);
    if (!(failure instanceof InvalidRequestException)) {
      runners.remove(runner);
      runner.close();
    }
  }

  private void skipped(String peer, MyelinException reason) {
    notes.accept(peer + ": skipped: " + reason.getMessage());
  }

  private void report(
      BenchSpec test,
      SequencedMap<BenchRunner, List<Interval>> times,
      SessionOptions options,
      @Nullable EnergyMeter energy) {
    Samples ours = samples(test, times.firstEntry().getValue());
    times.forEach(
        (runner, intervals) -> {
          Samples samples = samples(test, intervals);
          ColdRun cold = coldRuns.of(runner.name(), test);
          results.accept(
              new BenchResult(
                  runner.name(),
                  isInProcess(runner) ? target : target.ofProgram(),
                  options,
                  test,
                  samples,
                  new Resources(
                      cold.firstTokenNanos(),
                      cold.peakBytes(),
                      energy == null ? null : energy.joulesPerToken(intervals, test.tokens())),
                  limits == null ? null : limits.share(intervals),
                  longestWait(runner, test),
                  Instant.now(),
                  runner == times.firstEntry().getKey()
                      ? null
                      : BenchResult.Speedup.of(ours, samples, runner.alternates())));
        });
  }

  private static boolean isInProcess(BenchRunner runner) {
    return runner instanceof InProcessRunner || runner instanceof ParallelRunner;
  }

  private static @Nullable Wait longestWait(BenchRunner runner, BenchSpec test) {
    return runner instanceof ParallelRunner parallel && test.generated() > 0
        ? parallel.longestWait()
        : null;
  }

  private static Samples samples(BenchSpec test, List<Interval> intervals) {
    return new Samples(intervals.stream().map(Interval::nanoseconds).toList(), test.tokens());
  }
}

package dev.myelin.bench;

import dev.myelin.adapter.Adapter;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.MyelinException;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.model.Model;
import dev.myelin.model.ModelInfo;
import dev.myelin.runtime.ModelRuntime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Times sequences that one runtime computes together, each fed by a thread of its own. Their tokens
 * are random, different, and the same for every repetition. Confined to one thread at a time.
 */
final class ParallelRunner implements BenchRunner {
  private static final long SEED = 42;

  /** Tokens generated before timing starts, as by {@link InProcessRunner}. */
  private static final int WARM_UP_TOKENS = 16;

  /** Batches of prompts computed before timing starts. */
  private static final int WARM_UP_BATCHES = 2;

  private final Model model;
  private final ModelRuntime runtime;
  private final List<Session> sessions = new ArrayList<>();
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("myelin-bench-", 0).factory());
  private Wait longest = Wait.NONE;

  /**
   * @param sequences the most that a test has
   */
  ParallelRunner(Checkpoint file, List<Adapter> adapters, SessionOptions options, int sequences) {
    model = Model.load(file, adapters);
    try {
      runtime = ModelRuntime.open(model, options.runtimeOptions().withSequences(sequences));
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
    for (int i = 0; i < sequences; i++) {
      sessions.add(Session.open(runtime));
    }
  }

  ModelInfo info() {
    return model.info();
  }

  /** The options in use, with defaults filled in. */
  SessionOptions options() {
    return sessions.getFirst().options();
  }

  @Override
  public String name() {
    return MyelinEngine.NAME;
  }

  @Override
  public void prepare(BenchSpec test) {
    if (test.parallel() == 0) {
      throw new InvalidRequestException("test " + test.label() + ": has no sequences together");
    }
    longest = Wait.NONE;
    List<Callable<Wait>> depths = new ArrayList<>();
    List<Callable<Wait>> warmUp = new ArrayList<>();
    int most = WARM_UP_BATCHES * runtime.options().batch() / test.parallel();
    for (int i = 0; i < test.parallel(); i++) {
      Session session = sessions.get(i);
      session.truncate(0);
      if (test.depth() > 0) {
        int[] depth = tokens(test.depth(), 3 * i);
        depths.add(() -> feed(session, depth));
      }
      int[] prompt = prompt(test, i);
      int[] generated = generated(test, i);
      int[] first = Arrays.copyOf(prompt, Math.min(prompt.length, Math.max(1, most)));
      int[] next = Arrays.copyOf(generated, Math.min(generated.length, WARM_UP_TOKENS));
      warmUp.add(() -> first.length > 0 ? feed(session, first) : decode(session, next));
    }
    together(depths);
    together(warmUp);
  }

  @Override
  public List<Interval> run(BenchSpec test, int repetitions) {
    List<Interval> intervals = new ArrayList<>();
    for (int r = 0; r < repetitions; r++) {
      List<Callable<Wait>> tasks = new ArrayList<>();
      for (int i = 0; i < test.parallel(); i++) {
        Session session = sessions.get(i);
        session.truncate(test.depth());
        int[] prompt = prompt(test, i);
        int[] generated = generated(test, i);
        tasks.add(() -> prompt.length > 0 ? feed(session, prompt) : decode(session, generated));
      }
      long start = System.nanoTime();
      Wait wait = together(tasks);
      intervals.add(new Interval(start, System.nanoTime()));
      longest = longest.max(wait);
    }
    return intervals;
  }

  /** The longest wait of the repetitions since the test was prepared. */
  Wait longestWait() {
    return longest;
  }

  private int[] prompt(BenchSpec test, int sequence) {
    return tokens(test.isPrefilled(sequence) ? test.prompt() : 0, 3 * sequence + 1);
  }

  private int[] generated(BenchSpec test, int sequence) {
    return tokens(test.isPrefilled(sequence) ? 0 : test.generated(), 3 * sequence + 2);
  }

  private int[] tokens(int count, int stream) {
    return new SplittableRandom(SEED + stream).ints(count, 0, model.info().vocabulary()).toArray();
  }

  private static Wait feed(Session session, int[] prompt) {
    session.feed(prompt);
    return Wait.NONE;
  }

  /** The wait for the first token does not count: it depends on who comes first. */
  private Wait decode(Session session, int[] tokens) {
    Wait wait = Wait.NONE;
    long step = 0;
    long time = 0;
    for (int i = 0; i < tokens.length; i++) {
      session.feed(tokens[i]);
      long nextTime = System.nanoTime();
      long nextStep = runtime.usage().steps();
      if (i > 0) {
        wait = wait.max(new Wait(nextStep - step, nextTime - time));
      }
      step = nextStep;
      time = nextTime;
    }
    return wait;
  }

  /** Runs tasks at the same time, and waits for all. */
  private Wait together(List<Callable<Wait>> tasks) {
    Wait wait = Wait.NONE;
    try {
      for (Future<Wait> task : threads.invokeAll(tasks)) {
        wait = wait.max(task.get());
      }
      return wait;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MyelinException("the benchmark was interrupted", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof MyelinException known) {
        throw known;
      }
      throw new MyelinException("computation failed: " + e.getCause(), e);
    }
  }

  @Override
  public void close() {
    threads.close();
    sessions.forEach(Session::close);
    runtime.close();
    model.close();
  }
}

package dev.myelin.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

class ThreadChooserTest {
  private static final double WORK = 1e9;

  private final ThreadChooser chooser = new ThreadChooser();

  /** Runs steps and returns the sum of their numbers of threads. */
  private int run(int steps, int threads, IntToDoubleFunction speed, double lost) {
    int sum = 0;
    for (int i = 0; i < steps; i++) {
      int n = chooser.choose(threads);
      sum += n;
      long nanos = (long) (WORK / speed.applyAsDouble(n));
      chooser.record(n, WORK, nanos, (long) (lost * nanos));
    }
    return sum;
  }

  @Test
  void quietMachineUsesAllThreads() {
    assertThat(run(1000, 8, n -> n, 0.05)).isEqualTo(8000);
  }

  @Test
  void fewerThreadsAreKeptWhereTheyAreFaster() {
    // two of eight CPUs are taken
    run(100, 8, n -> n > 6 ? 3 : n, 0.5);
    assertThat(run(400, 8, n -> n > 6 ? 3 : n, 0.5) / 400.0).isBetween(5.8, 6.3);
  }

  @Test
  void fewerAreTriedAsLongAsTheyAreFaster() {
    // threads that spin until all have come
    run(60, 8, n -> n == 1 ? 0.5 : 0.1 / n, 0.5);
    assertThat(chooser.choose(8)).isEqualTo(1);
  }

  @Test
  void allThreadsAreKeptWhereFewerAreNotFaster() {
    run(100, 2, n -> n, 0.5);
    assertThat(run(400, 2, n -> n, 0.5) / 400.0).isGreaterThan(1.85);
  }

  @Test
  void allThreadsAreUsedAgainWhenTheyHaveTheirCpus() {
    run(100, 4, n -> n > 3 ? 0.5 : n, 0.5);
    assertThat(chooser.choose(4)).isEqualTo(3);
    run(ThreadChooser.HOLD_STEPS + 2 * ThreadChooser.TRIAL_STEPS, 4, n -> n, 0);
    assertThat(run(100, 4, n -> n, 0)).isEqualTo(400);
  }

  @Test
  void promptsAndTokensAreNotCompared() {
    for (int i = 0; i < 200; i++) {
      int n = chooser.choose(2);
      boolean prompt = i % 3 == 0;
      // a token has little work, and takes long for it
      chooser.record(n, prompt ? 1e12 : 1e9, 1_000_000_000, 500_000_000);
      assertThat(n).isEqualTo(2);
    }
  }

  @Test
  void followsTheNumberThatIsAskedFor() {
    for (int threads : new int[] {1, 7, 2}) {
      assertThat(chooser.choose(threads)).isEqualTo(threads);
    }
  }

  @Test
  void shortStepsTellNothing() {
    for (int i = 0; i < 100; i++) {
      assertThat(chooser.choose(4)).isEqualTo(4);
      chooser.record(4, WORK, 1000, 900);
    }
  }
}

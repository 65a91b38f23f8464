package dev.myelin.train;

import dev.myelin.model.Model;
import dev.myelin.model.config.Hyperparameters;
import dev.myelin.natives.KernelsLibrary;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** What training costs, and what the machine can do. */
public final class TrainingCost {
  private static final long ROUNDS = 1 << 16;
  private static final long NANOS = 150_000_000;

  private TrainingCost() {}

  /**
   * Operations of a token's forward and backward pass: two for each weight of a matrix and three
   * passes (the result, the derivative by the input, that by the weight); attention's products
   * likewise, over the whole context, as they are computed.
   */
  public static double flopsPerToken(Model model, int context) {
    Hyperparameters hp = model.hyperparameters();
    boolean tied = !model.weights().containsKey("output.weight");
    double matrices =
        model.weights().values().stream()
            .filter(t -> t.dim(1) > 1)
            .filter(t -> tied || !t.name().equals("token_embd.weight"))
            .mapToDouble(t -> t.elements())
            .sum();
    double attention = 2.0 * hp.layers() * context * hp.attention().queryWidth();
    return 6 * (matrices + attention);
  }

  /**
   * Multiply-adds of f32 that so many threads do at once, in operations a second: the processor's
   * peak as it is now.
   */
  public static double peakFlops(int threads) {
    KernelsLibrary.products();
    CountDownLatch start = new CountDownLatch(threads);
    double[] speeds = new double[threads];
    List<Thread> all = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int index = i;
      all.add(Thread.ofPlatform().start(() -> speeds[index] = measure(start)));
    }
    double sum = 0;
    for (int i = 0; i < threads; i++) {
      try {
        all.get(i).join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return Double.NaN;
      }
      sum += speeds[i];
    }
    return sum;
  }

  private static double measure(CountDownLatch start) {
    start.countDown();
    try {
      start.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Double.NaN;
    }
    long begin = System.nanoTime();
    long end = begin;
    double flops = 0;
    while (end - begin < NANOS) {
      flops += KernelsLibrary.fmaFlops(ROUNDS);
      end = System.nanoTime();
    }
    return flops / ((end - begin) / 1e9);
  }
}

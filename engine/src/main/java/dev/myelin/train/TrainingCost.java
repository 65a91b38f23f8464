package dev.myelin.train;

import dev.myelin.model.Model;
import dev.myelin.model.config.LayerConfig;
import dev.myelin.natives.CpuInfo;
import dev.myelin.natives.Isa;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** The cost of training, and the peak speed of the machine. Stateless and thread-safe. */
public final class TrainingCost {
  private static final long ROUNDS = 1 << 16;
  private static final long MEASURE_NANOS = 150_000_000;

  private TrainingCost() {}

  /**
   * Floating-point operations per token of the forward and backward pass: two per matrix weight,
   * times three (forward, gradient of the input, gradient of the weight). The matmuls of attention
   * are counted in the same way, over the whole context, as they are computed.
   */
  public static double flopsPerToken(Model model, int context) {
    boolean tied = !model.weights().containsKey("output.weight");
    double matrices =
        model.weights().values().stream()
            .filter(t -> t.dim(1) > 1)
            .filter(t -> tied || !t.name().equals("token_embd.weight"))
            .mapToDouble(t -> t.elements())
            .sum();
    double attention =
        2.0 * context * model.info().layers().stream().mapToLong(LayerConfig::queryWidth).sum();
    return 6 * (matrices + attention);
  }

  /** Measures the peak of f32 multiply-adds on a number of threads, in operations per second. */
  public static double peakFlops(int threads) {
    Isa.sgemm();
    CountDownLatch start = new CountDownLatch(threads);
    double[] speeds = new double[threads];
    List<Thread> all = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int index = i;
      all.add(
          Thread.ofPlatform()
              .name("myelin-peak-flops-" + i)
              .start(() -> speeds[index] = measure(start)));
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
    while (end - begin < MEASURE_NANOS) {
      flops += CpuInfo.fmaFlops(ROUNDS);
      end = System.nanoTime();
    }
    return flops / ((end - begin) / 1e9);
  }
}

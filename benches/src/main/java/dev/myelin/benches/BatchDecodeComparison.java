package dev.myelin.benches;

import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

/**
 * Decode speed of a batch of positions, with the logits of each, compared with a batch of one:
 * {@code BatchDecodeComparison FILE THREADS REPETITIONS BATCH...}, alternating in one process.
 * Every pass starts with an empty context, so that attention takes little time.
 */
public final class BatchDecodeComparison {
  private BatchDecodeComparison() {}

  public static void main(String[] arguments) {
    if (arguments.length < 4) {
      throw new IllegalArgumentException(
          "expected FILE THREADS REPETITIONS BATCH..., not " + Arrays.toString(arguments));
    }
    int repetitions = Integer.parseInt(arguments[2]);
    int[] counts = Arrays.stream(arguments).skip(3).mapToInt(Integer::parseInt).toArray();
    SessionOptions options =
        SessionOptions.defaults()
            .withContextLength(256)
            .withThreads(Integer.parseInt(arguments[1]))
            .withForceThreads(true);
    try (Model model = Model.load(Path.of(arguments[0]));
        Session session = Session.open(model, options)) {
      int[] tokens = new Random(1).ints(256, 0, model.info().vocabulary()).toArray();
      double[] one = new double[repetitions];
      System.out.println("| batch | tokens/s | speedup |\n|---|---|---|");
      for (int count : counts) {
        double[] rates = new double[repetitions];
        double[] ratios = new double[repetitions];
        for (int i = -1; i < repetitions; i++) {
          // the first repetition builds graphs and does not count
          double single = rate(session, tokens, 1, 8);
          double many = rate(session, tokens, count, 2);
          if (i >= 0) {
            one[i] = single;
            rates[i] = many;
            ratios[i] = many / single;
          }
        }
        System.out.printf("| %d | %.1f | %.2f |%n", count, median(rates), median(ratios));
      }
      System.out.printf("| 1 | %.1f | |%n", median(one));
    }
  }

  private static double rate(Session session, int[] tokens, int count, int passes) {
    int[] batch = Arrays.copyOf(tokens, count);
    session.truncate(0);
    session.feedBatch(batch, count);
    long start = System.nanoTime();
    for (int i = 0; i < passes; i++) {
      session.truncate(0);
      session.feedBatch(batch, count);
    }
    return count * passes / ((System.nanoTime() - start) * 1e-9);
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}

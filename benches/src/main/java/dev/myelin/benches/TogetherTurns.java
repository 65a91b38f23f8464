package dev.myelin.benches;

import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

/**
 * What several positions cost that are decoded together, logits of each, beside one: {@code
 * TogetherTurns FILE THREADS REPETITIONS COUNT...}, turn by turn in one process. Every pass begins
 * with an empty context, so that attention, which each sequence has to itself, counts for little.
 */
public final class TogetherTurns {
  private TogetherTurns() {}

  public static void main(String[] arguments) {
    if (arguments.length < 4) {
      throw new IllegalArgumentException(
          "expected FILE THREADS REPETITIONS COUNT..., not " + Arrays.toString(arguments));
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
      int[] tokens = new Random(1).ints(256, 0, model.hyperparameters().vocabulary()).toArray();
      double[] one = new double[repetitions];
      System.out.println("| together | tokens/s | times one |\n|---|---|---|");
      for (int count : counts) {
        double[] rates = new double[repetitions];
        double[] ratios = new double[repetitions];
        for (int i = -1; i < repetitions; i++) {
          // the first time builds graphs and is not counted
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

package dev.myelin.evaluate;

import java.util.List;

/** How often which label was taken for which, as examples come in. */
public final class Confusion {
  private final List<String> labels;
  private final long[][] counts;

  public Confusion(List<String> labels) {
    this.labels = List.copyOf(labels);
    counts = new long[labels.size()][labels.size()];
  }

  /** The labels' order in {@link #count}. */
  public List<String> labels() {
    return labels;
  }

  /** Counts an example, by the labels' indices. */
  public void add(int actual, int predicted) {
    counts[actual][predicted]++;
  }

  /** Examples of {@code actual} that were taken for {@code predicted}. */
  public long count(int actual, int predicted) {
    return counts[actual][predicted];
  }

  public long examples() {
    long sum = 0;
    for (long[] row : counts) {
      for (long n : row) {
        sum += n;
      }
    }
    return sum;
  }

  public long correct() {
    long sum = 0;
    for (int i = 0; i < counts.length; i++) {
      sum += counts[i][i];
    }
    return sum;
  }

  /** The share that was right, and between what the true one is; of no examples 0 to 1. */
  public Share accuracy() {
    return Share.of(correct(), examples());
  }
}

package dev.myelin.evaluate;

import java.util.List;

/** Confusion matrix: counts of actual and predicted labels. Confined to one thread at a time. */
public final class ConfusionMatrix {
  private final List<String> labels;
  private final long[][] counts;

  public ConfusionMatrix(List<String> labels) {
    this.labels = List.copyOf(labels);
    counts = new long[labels.size()][labels.size()];
  }

  /** The labels, in the order of the indices of {@link #count}. */
  public List<String> labels() {
    return labels;
  }

  /** Counts an example, by indices of labels. */
  public void add(int actual, int predicted) {
    counts[actual][predicted]++;
  }

  /** Number of examples with these actual and predicted labels. */
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

  /** The fraction of correct predictions, with its confidence interval; 0 to 1 without examples. */
  public Proportion accuracy() {
    return Proportion.of(correct(), examples());
  }
}

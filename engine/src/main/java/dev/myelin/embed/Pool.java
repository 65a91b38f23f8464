package dev.myelin.embed;

import dev.myelin.generate.LogitsSink;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Collects the hidden states of a text's tokens in order, and makes its vectors of them. */
final class Pool implements LogitsSink {
  private final Pooling pooling;
  private final int tokens;
  private final boolean normalize;
  private final List<float[]> vectors = new ArrayList<>();
  private double[] sum = new double[0];

  /**
   * @param pooling not RANK
   * @param normalize whether vectors are scaled to length 1
   */
  Pool(Pooling pooling, int tokens, boolean normalize) {
    this.pooling = pooling;
    this.tokens = tokens;
    this.normalize = normalize;
  }

  @Override
  public void accept(int position, MemorySegment hidden) {
    boolean isTaken =
        switch (pooling) {
          case NONE -> true;
          case CLS -> position == 0;
          case LAST -> position == tokens - 1;
          default -> false;
        };
    if (isTaken) {
      vectors.add(hidden.toArray(ValueLayout.JAVA_FLOAT));
    } else if (pooling == Pooling.MEAN) {
      add(hidden);
    }
  }

  /**
   * Takes the hidden states of the last tokens.
   *
   * @param hidden f32 [count][width]
   */
  void acceptAll(MemorySegment hidden, int count) {
    long row = hidden.byteSize() / count;
    for (int i = 0; i < count; i++) {
      accept(tokens - count + i, hidden.asSlice(i * row, row));
    }
  }

  private void add(MemorySegment hidden) {
    if (sum.length == 0) {
      sum = new double[Math.toIntExact(hidden.byteSize() / Float.BYTES)];
    }
    for (int i = 0; i < sum.length; i++) {
      sum[i] += hidden.getAtIndex(ValueLayout.JAVA_FLOAT, i);
    }
  }

  /** One vector per token, or a single one; called once. */
  List<float[]> vectors() {
    if (pooling == Pooling.MEAN) {
      float[] mean = new float[sum.length];
      for (int i = 0; i < mean.length; i++) {
        mean[i] = (float) (sum[i] / tokens);
      }
      vectors.add(mean);
    }
    if (normalize) {
      vectors.forEach(Pool::normalize);
    }
    return vectors;
  }

  /** Scales a vector to length 1; zeros stay zeros. */
  private static void normalize(float[] vector) {
    double squares = 0;
    for (float value : vector) {
      squares += (double) value * value;
    }
    double factor = squares == 0 ? 0 : 1 / Math.sqrt(squares);
    for (int i = 0; i < vector.length; i++) {
      vector[i] = (float) (vector[i] * factor);
    }
  }
}

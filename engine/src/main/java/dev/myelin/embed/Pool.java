package dev.myelin.embed;

import dev.myelin.generate.LogitsSink;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Collects the hidden states of a text's tokens in order. */
final class Pool implements LogitsSink {
  private final Pooling pooling;
  private final int tokens;
  private final List<float[]> vectors = new ArrayList<>();
  private double[] sum = new double[0];

  /**
   * @param pooling not RANK
   */
  Pool(Pooling pooling, int tokens) {
    this.pooling = pooling;
    this.tokens = tokens;
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

  /** One vector per token, or a single one. */
  List<float[]> vectors() {
    if (pooling == Pooling.MEAN) {
      float[] mean = new float[sum.length];
      for (int i = 0; i < mean.length; i++) {
        mean[i] = (float) (sum[i] / tokens);
      }
      vectors.add(mean);
    }
    return vectors;
  }
}

package dev.myelin.sampling;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.MyelinException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The candidate tokens and their logits, in arrays that one sampler reuses for every token. The ids
 * are always in ascending order, so that the lowest id wins among equal logits without sorting.
 * Confined to one thread at a time.
 */
public final class Candidates {
  private final int vocabulary;
  final int[] ids; // [vocabulary], the first size() are in use
  final float[] logits; // [vocabulary]
  final float[] weights; // [vocabulary], e^(logit - max), set by computeWeights()
  private int size;

  Candidates(int vocabulary) {
    this.vocabulary = vocabulary;
    this.ids = new int[vocabulary];
    this.logits = new float[vocabulary];
    this.weights = new float[vocabulary];
  }

  /** Resets to all tokens of the vocabulary with these logits. */
  void load(MemorySegment source) {
    if (source.byteSize() != (long) vocabulary * Float.BYTES) {
      throw new InvalidRequestException(
          "logits of "
              + source.byteSize()
              + " bytes: expected "
              + vocabulary
              + " float32 values, one per token of the vocabulary");
    }
    MemorySegment.copy(source, JAVA_FLOAT_UNALIGNED, 0, logits, 0, vocabulary);
    for (int i = 0; i < vocabulary; i++) {
      float logit = logits[i];
      if (!(logit < Float.POSITIVE_INFINITY)) {
        throw new MyelinException(
            "logit of token "
                + i
                + " = "
                + logit
                + ": expected a number; the checkpoint is damaged or its values overflowed");
      }
      ids[i] = i;
    }
    size = vocabulary;
  }

  /** Fails if the model or a mask has ruled out every token. */
  void requireNonEmpty() {
    if (size == 0 || logits[argmax()] == Float.NEGATIVE_INFINITY) {
      throw new MyelinException("every logit is -Infinity: no token is left to choose from");
    }
  }

  /** Number of candidates. */
  public int size() {
    return size;
  }

  /** The vocabulary id of candidate {@code index}, 0 to size() - 1. */
  public int id(int index) {
    return ids[index];
  }

  /** The logit of candidate {@code index}. */
  public float logit(int index) {
    return logits[index];
  }

  /** Changes the logit of candidate {@code index}; -Infinity rules it out. */
  public void setLogit(int index, float logit) {
    logits[index] = logit;
  }

  /** The index of the candidate with this vocabulary id, negative if it was removed. */
  public int indexOf(int id) {
    return id < size && ids[id] == id ? id : Arrays.binarySearch(ids, 0, size, id);
  }

  /** Index of the max logit, the lowest id among equals. */
  public int argmax() {
    int best = 0;
    for (int i = 1; i < size; i++) {
      if (logits[i] > logits[best]) {
        best = i;
      }
    }
    return best;
  }

  /** Removes every candidate whose logit is lower than {@code lowest}. */
  public void removeBelow(float minimum) {
    int kept = 0;
    for (int i = 0; i < size; i++) {
      if (logits[i] >= minimum) {
        move(i, kept++);
      }
    }
    size = kept;
  }

  /** Copies a candidate to a lower index; filters compact the kept candidates in order. */
  void move(int from, int to) {
    ids[to] = ids[from];
    logits[to] = logits[from];
    weights[to] = weights[from];
  }

  void truncate(int kept) {
    size = kept;
  }

  /**
   * Fills {@link #weights} with e^(logit - max), which cannot overflow, and returns their sum. A
   * weight divided by the sum is the token's probability.
   */
  double computeWeights() {
    float max = logits[argmax()];
    double sum = 0;
    for (int i = 0; i < size; i++) {
      float weight = (float) Math.exp(logits[i] - max);
      weights[i] = weight;
      sum += weight;
    }
    return sum;
  }
}

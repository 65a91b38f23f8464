package dev.myelin.imatrix;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.MyelinException;
import dev.myelin.graph.MatmulInput;
import dev.myelin.graph.Tensor;
import dev.myelin.imatrix.ImportanceMatrix.Entry;
import dev.myelin.runtime.ActivationObserver;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Sums the squared activations that each weight of a layer is multiplied with, separately for each
 * expert. Also merges existing matrices. Not thread-safe.
 */
public final class ImportanceCollector implements ActivationObserver {
  private final boolean includeOutput;
  private final int chunkSize;
  private final Map<String, Sums> weights = new TreeMap<>();
  private final Set<String> datasets = new LinkedHashSet<>();

  private static final class Sums {
    private final double[] squares;
    private long[] counts;

    Sums(int values, int counts) {
      this.squares = new double[values];
      this.counts = new long[counts];
    }

    /** Expands one common count to one count per matrix. */
    void expandCounts(int matrices) {
      if (counts.length == 1 && matrices > 1) {
        long count = counts[0];
        counts = new long[matrices];
        Arrays.fill(counts, count);
      }
    }
  }

  /**
   * @param includeOutput whether to observe the output matrix; quantising it with more bits is
   *     usually better
   * @param chunkSize tokens per chunk
   */
  public ImportanceCollector(boolean includeOutput, int chunkSize) {
    if (chunkSize < 1) {
      throw new InvalidRequestException("chunk size = " + chunkSize + ": expected 1 or more");
    }
    this.includeOutput = includeOutput;
    this.chunkSize = chunkSize;
  }

  @Override
  public boolean observes(String weight) {
    return (weight.startsWith("blk.") && weight.endsWith(".weight"))
        || (includeOutput && weight.equals("output.weight"));
  }

  @Override
  public void onBatch(List<MatmulInput> observations) {
    // Q, K and V share their input, as do gate and up projection
    Map<Tensor, double[]> shared = new IdentityHashMap<>();
    for (MatmulInput o : observations) {
      Sums sums =
          sums(o.weight(), o.columns(), Math.toIntExact(o.matrixCount()), o.expertIds() != null);
      if (o.expertIds() == null && o.matrixCount() == 1) {
        add(sums.squares, shared.computeIfAbsent(o.input(), x -> squares(o)));
        sums.counts[0] += o.input().elements() / o.columns();
      } else {
        o.forEachRow((matrix, values, offset) -> addRow(sums, matrix, o.columns(), values, offset));
      }
      requireFinite(o.weight(), sums.squares);
    }
  }

  private static void addRow(
      Sums sums, int matrix, int columns, MemorySegment values, long offset) {
    addSquares(sums.squares, matrix * columns, values, offset, columns);
    sums.counts[sums.counts.length == 1 ? 0 : matrix]++;
  }

  private static double[] squares(MatmulInput o) {
    double[] squares = new double[o.columns()];
    o.forEachRow(
        (matrix, values, offset) -> addSquares(squares, 0, values, offset, squares.length));
    return squares;
  }

  private static void addSquares(
      double[] sums, int from, MemorySegment values, long offset, int columns) {
    for (int i = 0; i < columns; i++) {
      double value = values.getAtIndex(ValueLayout.JAVA_FLOAT, offset + i);
      sums[from + i] += value * value;
    }
  }

  private static void add(double[] to, double[] other) {
    for (int i = 0; i < to.length; i++) {
      to[i] += other[i];
    }
  }

  private static void requireFinite(String weight, double[] sums) {
    for (double sum : sums) {
      if (!(sum <= Float.MAX_VALUE)) {
        throw new MyelinException(
            "the activations of " + weight + " are not finite: is the model damaged?");
      }
    }
  }

  private Sums sums(String weight, int columns, int matrices, boolean experts) {
    int counts = experts ? matrices : 1;
    Sums sums = weights.computeIfAbsent(weight, w -> new Sums(columns * matrices, counts));
    sums.expandCounts(counts);
    if (sums.squares.length != columns * matrices || sums.counts.length != counts) {
      throw new InvalidRequestException(
          "entry %s has %s columns in %s matrices, the model %s in %s: is it another model's?"
              .formatted(
                  weight,
                  sums.squares.length / sums.counts.length,
                  sums.counts.length,
                  columns,
                  counts));
    }
    return sums;
  }

  /**
   * Adds an existing matrix.
   *
   * @throws InvalidRequestException if it belongs to a model of another shape
   */
  public void add(ImportanceMatrix matrix) {
    long scale = matrix.isLegacy() ? chunkSize : 1; // the legacy format counts chunks
    for (Map.Entry<String, Entry> e : matrix.entries().entrySet()) {
      float[] other = e.getValue().sums();
      long[] counts = e.getValue().counts();
      Sums sums = weights.computeIfAbsent(e.getKey(), w -> new Sums(other.length, counts.length));
      sums.expandCounts(counts.length);
      if (sums.squares.length != other.length
          || (counts.length > 1 && counts.length != sums.counts.length)) {
        throw new InvalidRequestException(
            "entry %s has %s sums, another has %s: expected matrices of one model"
                .formatted(e.getKey(), other.length, sums.squares.length));
      }
      for (int i = 0; i < other.length; i++) {
        sums.squares[i] += (double) other[i] * scale;
      }
      for (int i = 0; i < sums.counts.length; i++) {
        sums.counts[i] += counts[counts.length == 1 ? 0 : i] * scale;
      }
    }
    datasets.addAll(matrix.datasets());
  }

  /** Records the name of a dataset. */
  public void addDataset(String name) {
    datasets.add(name);
  }

  public boolean isEmpty() {
    return weights.isEmpty();
  }

  /** The matrix collected so far. */
  public ImportanceMatrix matrix() {
    TreeMap<String, Entry> entries = new TreeMap<>();
    long max = 0;
    for (Map.Entry<String, Sums> e : weights.entrySet()) {
      Sums sums = e.getValue();
      float[] squares = new float[sums.squares.length];
      for (int i = 0; i < squares.length; i++) {
        squares[i] = (float) sums.squares[i];
      }
      entries.put(e.getKey(), new Entry(squares, sums.counts.clone()));
      max = Math.max(max, Arrays.stream(sums.counts).max().orElse(0));
    }
    int chunks = (int) Math.min(Integer.MAX_VALUE, max / chunkSize);
    return new ImportanceMatrix(entries, new ArrayList<>(datasets), chunks, chunkSize);
  }
}

package dev.myelin.imatrix;

import dev.myelin.error.InvalidRequestException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * The importance of each column of each weight: the squared activations it was multiplied with,
 * summed over the tokens of a text. Immutable and thread-safe as long as nobody changes its arrays.
 *
 * @param entries by name of the weight
 * @param datasets names of the texts
 * @param chunks number of chunks processed
 * @param chunkSize tokens per chunk; 0 if the file does not tell, as in the legacy format
 */
public record ImportanceMatrix(
    SortedMap<String, Entry> entries, List<String> datasets, int chunks, int chunkSize) {
  /** Above it, products of weights and importances overflow a float. */
  private static final float MAX_IMPORTANCE = 1e12f;

  /**
   * The activations of one weight.
   *
   * @param sums sums of squares, [matrices][columns]
   * @param counts number of rows summed, one per matrix or one for all. In the legacy format the
   *     number of chunks; the sums are then means multiplied by it.
   */
  public record Entry(float[] sums, long[] counts) {
    public Entry {
      if (counts.length == 0 || sums.length == 0 || sums.length % counts.length != 0) {
        throw new InvalidRequestException(
            sums.length + " sums for " + counts.length + " counts: expected a multiple");
      }
    }

    /** The mean squares; 1 for an expert without tokens. */
    float[] means() {
      float[] means = new float[sums.length];
      int columns = sums.length / counts.length;
      for (int i = 0; i < means.length; i++) {
        long count = counts[i / columns];
        means[i] = count > 0 ? sums[i] / count : 1;
      }
      return means;
    }

    /** Whether all sums are 0, which means that nothing was measured. */
    boolean isZero() {
      for (float sum : sums) {
        if (sum != 0) {
          return false;
        }
      }
      return true;
    }

    /** Number of matrices without tokens: unused experts. */
    int unusedMatrices() {
      int unused = 0;
      for (long count : counts) {
        unused += count == 0 ? 1 : 0;
      }
      return unused;
    }
  }

  public ImportanceMatrix {
    entries = Collections.unmodifiableSortedMap(new TreeMap<>(entries));
    datasets = List.copyOf(datasets);
    if (chunks < 0 || chunkSize < 0) {
      throw new InvalidRequestException(
          "importance matrix: "
              + chunks
              + " chunks of "
              + chunkSize
              + " tokens: expected 0 or more");
    }
  }

  /** Whether it comes from a legacy file, which does not tell the tokens per chunk. */
  public boolean isLegacy() {
    return chunkSize == 0;
  }

  /**
   * The mean square of each column of a weight, [matrices][columns]; empty if the weight was not
   * observed. An entry of zeros counts as missing, because it would give no value of the weight any
   * importance.
   *
   * @param columns columns per matrix; of several matrices, one of zeros gets 1 everywhere, like an
   *     expert without tokens
   * @throws InvalidRequestException if a value is not finite, negative or too large
   */
  public Optional<float[]> importance(String weight, long columns) {
    return means(weight).map(means -> fillZeroMatrices(means, columns));
  }

  /** As above for a weight that is one matrix, or that has one count per matrix. */
  public Optional<float[]> importance(String weight) {
    return means(weight);
  }

  private Optional<float[]> means(String weight) {
    Entry entry = entries.get(weight);
    if (entry == null || entry.isZero()) {
      return Optional.empty();
    }
    float[] means = entry.means();
    for (int i = 0; i < means.length; i++) {
      if (!(means[i] >= 0 && means[i] <= MAX_IMPORTANCE)) {
        throw new InvalidRequestException(
            "entry "
                + weight
                + ", column "
                + i
                + ": "
                + means[i]
                + ": expected 0 to "
                + MAX_IMPORTANCE);
      }
    }
    return Optional.of(means);
  }

  private static float[] fillZeroMatrices(float[] means, long columns) {
    if (means.length % columns != 0) {
      return means; // another shape: the caller rejects it
    }
    for (int from = 0; from < means.length; from += (int) columns) {
      int to = from + (int) columns;
      boolean zero = true;
      for (int i = from; i < to; i++) {
        zero &= means[i] == 0;
      }
      if (zero) {
        Arrays.fill(means, from, to, 1f);
      }
    }
    return means;
  }

  /** The weights whose entries are all zeros, which count as missing. */
  public List<String> zeroEntries() {
    List<String> names = new ArrayList<>();
    for (Map.Entry<String, Entry> e : entries.entrySet()) {
      if (e.getValue().isZero()) {
        names.add(e.getKey());
      }
    }
    return names;
  }

  /**
   * Returns this matrix if its sums are valid.
   *
   * @throws InvalidRequestException naming an entry and column whose sum is NaN, infinite or
   *     negative
   */
  ImportanceMatrix requireValid() {
    for (Map.Entry<String, Entry> e : entries.entrySet()) {
      float[] sums = e.getValue().sums();
      for (int i = 0; i < sums.length; i++) {
        if (!(sums[i] >= 0 && sums[i] < Float.POSITIVE_INFINITY)) {
          throw new InvalidRequestException(
              "entry %s, column %s = %s: expected a number of 0 or more"
                  .formatted(e.getKey(), i, sums[i]));
        }
      }
    }
    return this;
  }

  /** A matrix with only the entries whose names are accepted. */
  public ImportanceMatrix filter(Predicate<String> names) {
    SortedMap<String, Entry> filtered = new TreeMap<>(entries);
    filtered.keySet().removeIf(name -> !names.test(name));
    return new ImportanceMatrix(filtered, datasets, chunks, chunkSize);
  }

  /** The weights with unused experts, and how many, as readable text. */
  public List<String> partialEntries() {
    List<String> descriptions = new ArrayList<>();
    for (Map.Entry<String, Entry> e : entries.entrySet()) {
      int unused = e.getValue().unusedMatrices();
      if (unused > 0) {
        descriptions.add(e.getKey() + ": " + unused + " of " + e.getValue().counts().length);
      }
    }
    return descriptions;
  }
}

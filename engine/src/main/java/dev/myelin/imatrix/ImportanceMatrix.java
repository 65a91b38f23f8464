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
 * Which columns of each weight matter: the squares of what it was multiplied with, summed over the
 * tokens of a text.
 *
 * @param entries by the weight's name
 * @param datasets the names of the texts
 * @param chunks pieces of text seen
 * @param chunkSize tokens of a piece; 0 where the file does not say, as in the older format
 */
public record ImportanceMatrix(
    SortedMap<String, Entry> entries, List<String> datasets, int chunks, int chunkSize) {
  /** Beyond it products of weights and importances leave the range of floats. */
  private static final float LARGEST = 1e12f;

  /**
   * What one weight was multiplied with.
   *
   * @param sums of squares, [columns * matrices]: columns of the first matrix first
   * @param counts how many rows were summed, one for each matrix, or one for all. In the older
   *     format pieces of text instead, and the sums are means times that.
   */
  public record Entry(float[] sums, long[] counts) {
    public Entry {
      if (counts.length == 0 || sums.length == 0 || sums.length % counts.length != 0) {
        throw new InvalidRequestException(
            sums.length + " sums for " + counts.length + " counts: expected a multiple");
      }
    }

    /** The mean squares; 1 for an expert that no token was sent to. */
    float[] means() {
      float[] means = new float[sums.length];
      int columns = sums.length / counts.length;
      for (int i = 0; i < means.length; i++) {
        long count = counts[i / columns];
        means[i] = count > 0 ? sums[i] / count : 1;
      }
      return means;
    }

    /** Whether nothing was measured: a sum of squares is 0 only where every value was. */
    boolean isZero() {
      for (float sum : sums) {
        if (sum != 0) {
          return false;
        }
      }
      return true;
    }

    /** Parts of the weight that no token was sent to: experts. */
    int unseen() {
      int unseen = 0;
      for (long count : counts) {
        unseen += count == 0 ? 1 : 0;
      }
      return unseen;
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

  /** Whether it comes from a file that does not say how many tokens a chunk has. */
  public boolean isOlder() {
    return chunkSize == 0;
  }

  /**
   * The mean square of each column of a weight, [columns * matrices], if it was seen. An entry that
   * is 0 everywhere counts as none: by it every value of the weight would be worth nothing.
   *
   * @param columns of each matrix; one of several that is 0 everywhere gets 1 everywhere, as an
   *     expert that no token was sent to
   * @throws InvalidRequestException if they are no sound numbers
   */
  public Optional<float[]> importance(String weight, long columns) {
    return means(weight).map(means -> evenedOut(means, columns));
  }

  /** As above of a weight that is one matrix, or whose counts are by matrix. */
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
      if (!(means[i] >= 0 && means[i] <= LARGEST)) {
        throw new InvalidRequestException(
            "entry " + weight + ", column " + i + ": " + means[i] + ": expected 0 to " + LARGEST);
      }
    }
    return Optional.of(means);
  }

  private static float[] evenedOut(float[] means, long columns) {
    if (means.length % columns != 0) {
      return means; // of another shape: the caller refuses it
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

  /** The weights whose entries are 0 everywhere, which count as none. */
  public List<String> zeroes() {
    List<String> zeroes = new ArrayList<>();
    for (Map.Entry<String, Entry> e : entries.entrySet()) {
      if (e.getValue().isZero()) {
        zeroes.add(e.getKey());
      }
    }
    return zeroes;
  }

  /**
   * This matrix, if its sums can be sums of squares.
   *
   * @throws InvalidRequestException naming an entry and column whose sum is NaN, infinite or
   *     negative
   */
  ImportanceMatrix checked() {
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

  /** Only the entries whose names are accepted. */
  public ImportanceMatrix only(Predicate<String> names) {
    SortedMap<String, Entry> some = new TreeMap<>(entries);
    some.keySet().removeIf(name -> !names.test(name));
    return new ImportanceMatrix(some, datasets, chunks, chunkSize);
  }

  /** Weights of which a part was never seen, with how much, for people to read. */
  public List<String> partial() {
    List<String> partial = new ArrayList<>();
    for (Map.Entry<String, Entry> e : entries.entrySet()) {
      int unseen = e.getValue().unseen();
      if (unseen > 0) {
        partial.add(e.getKey() + ": " + unseen + " of " + e.getValue().counts().length);
      }
    }
    return partial;
  }
}

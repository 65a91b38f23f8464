package dev.myelin.imatrix;

import dev.myelin.error.InvalidRequestException;
import java.util.ArrayList;
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
   * The mean square of each column of a weight, [columns * matrices], if it was seen.
   *
   * @throws InvalidRequestException if they are no sound numbers
   */
  public Optional<float[]> importance(String weight) {
    Entry entry = entries.get(weight);
    if (entry == null) {
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

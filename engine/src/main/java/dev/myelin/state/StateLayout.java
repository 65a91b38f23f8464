package dev.myelin.state;

import java.util.List;

/**
 * The sizes of the parts of a sequence's states in bytes. Immutable and thread-safe.
 *
 * @param pageBytes of a page of 64 positions, for each class of states
 * @param recurrentBytes of all recurrent states; 0 if there are none
 */
public record StateLayout(List<Long> pageBytes, long recurrentBytes) {
  public StateLayout {
    pageBytes = List.copyOf(pageBytes);
  }

  /** Bytes of the largest part. */
  public long largest() {
    long largest = recurrentBytes;
    for (long bytes : pageBytes) {
      largest = Math.max(largest, bytes);
    }
    return largest;
  }
}

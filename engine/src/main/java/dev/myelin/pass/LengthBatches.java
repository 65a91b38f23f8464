package dev.myelin.pass;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Which of several sequences are computed together. Stateless and thread-safe. */
public final class LengthBatches {
  private LengthBatches() {}

  /**
   * Puts sequences into batches, the shortest first, as many as fit. One that is longer than a
   * batch is alone.
   *
   * @param lengths the tokens of each sequence
   * @param tokens of a batch at most
   * @param sequences of a batch at most
   * @return the sequences of each batch by their index, in the order of their lengths
   */
  public static List<List<Integer>> of(int[] lengths, int tokens, int sequences) {
    List<Integer> order = new ArrayList<>(lengths.length);
    for (int i = 0; i < lengths.length; i++) {
      order.add(i);
    }
    order.sort(Comparator.comparingInt(i -> lengths[i]));
    List<List<Integer>> batches = new ArrayList<>();
    int begin = 0;
    int sum = 0;
    for (int i = 0; i < order.size(); i++) {
      int length = lengths[order.get(i)];
      if (i > begin && (sum + length > tokens || i - begin == sequences)) {
        batches.add(order.subList(begin, i));
        begin = i;
        sum = 0;
      }
      sum += length;
    }
    if (begin < order.size()) {
      batches.add(order.subList(begin, order.size()));
    }
    return batches;
  }
}

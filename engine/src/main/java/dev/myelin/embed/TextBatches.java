package dev.myelin.embed;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Which texts are computed together. */
final class TextBatches {
  private TextBatches() {}

  /**
   * Puts texts into batches, the shortest first, as many as fit. A text that is longer than a batch
   * is alone.
   *
   * @param tokens of a batch at most
   * @param sequences texts of a batch at most
   * @return the texts of each batch by their index, in the order of their lengths
   */
  static List<List<Integer>> of(List<int[]> texts, int tokens, int sequences) {
    List<Integer> order = new ArrayList<>(texts.size());
    for (int i = 0; i < texts.size(); i++) {
      order.add(i);
    }
    order.sort(Comparator.comparingInt(i -> texts.get(i).length));
    List<List<Integer>> batches = new ArrayList<>();
    int begin = 0;
    int sum = 0;
    for (int i = 0; i < order.size(); i++) {
      int length = texts.get(order.get(i)).length;
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

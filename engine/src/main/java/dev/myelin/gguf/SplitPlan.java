package dev.myelin.gguf;

import java.util.ArrayList;
import java.util.List;

/** Deals tensors out to parts. */
final class SplitPlan {
  private SplitPlan() {}

  /** Runs of tensors, in order, of about the same bytes each, and at least one tensor each. */
  static List<List<GgufWriter.OutgoingTensor>> shares(
      List<GgufWriter.OutgoingTensor> tensors, int count) {
    double total = tensors.stream().mapToDouble(GgufWriter.OutgoingTensor::bytes).sum();
    List<List<GgufWriter.OutgoingTensor>> shares = new ArrayList<>();
    double done = 0;
    int next = 0;
    for (int part = 0; part < count; part++) {
      List<GgufWriter.OutgoingTensor> share = new ArrayList<>();
      int last = tensors.size() - (count - 1 - part); // leaves one for each part to come
      double until = total * (part + 1) / count;
      while (next < last && (share.isEmpty() || part == count - 1 || done < until)) {
        done += tensors.get(next).bytes();
        share.add(tensors.get(next++));
      }
      shares.add(share);
    }
    return shares;
  }
}

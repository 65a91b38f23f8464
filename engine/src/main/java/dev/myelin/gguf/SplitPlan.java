package dev.myelin.gguf;

import java.util.ArrayList;
import java.util.List;

/** Assigns tensors to the parts of a split checkpoint. */
final class SplitPlan {
  private SplitPlan() {}

  /** Consecutive tensors for each part: at least one tensor each, and about the same bytes. */
  static List<List<GgufWriter.PendingTensor>> partition(
      List<GgufWriter.PendingTensor> tensors, int count) {
    double totalBytes = tensors.stream().mapToDouble(GgufWriter.PendingTensor::bytes).sum();
    List<List<GgufWriter.PendingTensor>> parts = new ArrayList<>();
    double assignedBytes = 0;
    int next = 0;
    for (int part = 0; part < count; part++) {
      List<GgufWriter.PendingTensor> tensorsOfPart = new ArrayList<>();
      int last = tensors.size() - (count - 1 - part); // leaves one tensor for each remaining part
      double targetBytes = totalBytes * (part + 1) / count;
      while (next < last
          && (tensorsOfPart.isEmpty() || part == count - 1 || assignedBytes < targetBytes)) {
        assignedBytes += tensors.get(next).bytes();
        tensorsOfPart.add(tensors.get(next++));
      }
      parts.add(tensorsOfPart);
    }
    return parts;
  }
}

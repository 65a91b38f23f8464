package dev.myelin.quantize;

import java.util.List;

/**
 * What becomes of a checkpoint, tensor by tensor, in the order in which they are written.
 *
 * @param tensors every tensor
 */
public record QuantizePlan(List<PlannedTensor> tensors) {
  public QuantizePlan {
    tensors = List.copyOf(tensors);
  }

  /** Elements of all tensors. */
  public long parameters() {
    return tensors.stream().mapToLong(t -> t.source().elements()).sum();
  }

  /** Bytes of all tensors as they are. */
  public long bytesBefore() {
    return tensors.stream().mapToLong(t -> t.source().bytes()).sum();
  }

  /** Bytes of all tensors as they become. */
  public long bytesAfter() {
    return tensors.stream().mapToLong(PlannedTensor::bytes).sum();
  }

  /** Bits that a parameter takes as they become. */
  public double bitsPerWeight() {
    return 8.0 * bytesAfter() / parameters();
  }

  /** How many tensors' rows did not fit the type they should have had. */
  public long fallbacks() {
    return tensors.stream().filter(PlannedTensor::fallback).count();
  }

  /** Whether it can only be carried out with an importance matrix. */
  public boolean needsImportance() {
    return tensors.stream().anyMatch(PlannedTensor::missing);
  }
}

package dev.myelin.quantize;

import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.TensorInfo;

/**
 * A tensor and the type it is converted to. Immutable and thread-safe.
 *
 * @param source the tensor of the input file
 * @param type the type of the output; the input's type if the tensor is copied
 * @param fallback whether the type is a fallback, because the rows are not a multiple of the chosen
 *     type's block size
 * @param hasImportance whether the importance matrix has an entry for the tensor
 * @param lacksImportance whether the type needs an importance matrix but there is no entry; only in
 *     dry runs
 */
public record PlannedTensor(
    TensorInfo source,
    GgmlType type,
    boolean fallback,
    boolean hasImportance,
    boolean lacksImportance) {
  /** Whether the tensor is copied without conversion. */
  public boolean isCopied() {
    return source.type() == type;
  }

  /** The output tensor, without an offset in a file. */
  public TensorInfo converted() {
    return new TensorInfo(source.name(), type, source.shape(), 0, 0, bytes());
  }

  /** Size of the output tensor. */
  public long bytes() {
    return type.bytes(source.elements());
  }
}

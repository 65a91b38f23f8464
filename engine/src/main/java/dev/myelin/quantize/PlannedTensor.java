package dev.myelin.quantize;

import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.TensorInfo;

/**
 * A tensor and what becomes of it.
 *
 * @param source where it is
 * @param type what it becomes; its own where it is copied
 * @param fallback whether its rows do not fit the type it should have had
 * @param weighted whether the importance matrix has an entry for it
 * @param missing whether a matrix of such few bits has no entry but needs one; only in dry runs
 */
public record PlannedTensor(
    TensorInfo source, GgmlType type, boolean fallback, boolean weighted, boolean missing) {
  /** Whether it stays as it is. */
  public boolean isCopied() {
    return source.type() == type;
  }

  /** It as it becomes, at no place in a file yet. */
  public TensorInfo converted() {
    return new TensorInfo(source.name(), type, source.shape(), 0, 0, bytes());
  }

  /** Bytes it will take. */
  public long bytes() {
    return type.bytes(source.elements());
  }
}

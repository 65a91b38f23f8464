package dev.myelin.quantize;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.TensorInfo;
import java.util.ArrayList;
import java.util.List;

/**
 * The type of each tensor of a conversion, in the order in which the tensors are written. Immutable
 * and thread-safe.
 *
 * @param tensors every tensor
 * @param unusedOverrides overrides that match no tensor
 */
public record QuantizePlan(List<PlannedTensor> tensors, List<TypeOverride> unusedOverrides) {
  public QuantizePlan {
    tensors = List.copyOf(tensors);
    unusedOverrides = List.copyOf(unusedOverrides);
  }

  /**
   * Plans the conversion of a model of which only the shape is known, without an importance matrix.
   *
   * @param tensors all tensors of the model, in any order
   * @throws InvalidRequestException if the mix has no fallback type for the row size of a tensor,
   *     or an expert tensor is in no layer
   */
  public static QuantizePlan of(ModelTraits model, List<TensorInfo> tensors, Mix mix) {
    List<TensorInfo> ordered = TensorOrder.of(tensors);
    TypeChooser chooser = new TypeChooser(null, model, ordered, QuantizeOptions.of(mix));
    List<PlannedTensor> planned = new ArrayList<>();
    for (TensorInfo tensor : ordered) {
      TypeChooser.Choice choice = chooser.choose(tensor);
      GgmlType type = choice.type();
      boolean copied = type == tensor.type();
      boolean lacksImportance = !copied && TargetTypes.needsImportance(tensor.name(), type, mix);
      planned.add(
          new PlannedTensor(tensor, type, !copied && choice.fallback(), false, lacksImportance));
    }
    return new QuantizePlan(planned, List.of());
  }

  /** Elements of all tensors. */
  public long parameters() {
    return tensors.stream().mapToLong(t -> t.source().elements()).sum();
  }

  /** Size of all input tensors. */
  public long bytesBefore() {
    return tensors.stream().mapToLong(t -> t.source().bytes()).sum();
  }

  /** Size of all output tensors. */
  public long bytesAfter() {
    return tensors.stream().mapToLong(PlannedTensor::bytes).sum();
  }

  /** Average bits per parameter of the output. */
  public double bitsPerWeight() {
    return 8.0 * bytesAfter() / parameters();
  }

  /** Number of tensors that got a fallback type. */
  public long fallbacks() {
    return tensors.stream().filter(PlannedTensor::fallback).count();
  }

  /** Whether the conversion needs an importance matrix. */
  public boolean needsImportance() {
    return tensors.stream().anyMatch(PlannedTensor::lacksImportance);
  }
}

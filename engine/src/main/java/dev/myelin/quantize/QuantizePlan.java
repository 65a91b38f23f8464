package dev.myelin.quantize;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.TensorInfo;
import java.util.ArrayList;
import java.util.List;

/**
 * What becomes of a checkpoint, tensor by tensor, in the order in which they are written.
 *
 * @param tensors every tensor
 * @param unused overrides that were given and are for none of the tensors
 */
public record QuantizePlan(List<PlannedTensor> tensors, List<TypeOverride> unused) {
  public QuantizePlan {
    tensors = List.copyOf(tensors);
    unused = List.copyOf(unused);
  }

  /**
   * What a mix makes, without an importance matrix, of a model of which only the shape is known.
   *
   * @param tensors all of the model's, in any order
   * @throws InvalidRequestException if rows do not fit a mix that has no other type for them, or an
   *     expert's tensor is in none of the layers
   */
  public static QuantizePlan of(ModelFacts model, List<TensorInfo> tensors, Mix mix) {
    List<TensorInfo> ordered = TensorOrder.of(tensors);
    TypeChooser chooser = new TypeChooser(null, model, ordered, QuantizeOptions.of(mix));
    List<PlannedTensor> planned = new ArrayList<>();
    for (TensorInfo tensor : ordered) {
      TypeChooser.Choice choice = chooser.choose(tensor);
      GgmlType type = choice.type();
      boolean copied = type == tensor.type();
      boolean missing = !copied && Targets.needsImportance(tensor.name(), type, mix);
      planned.add(new PlannedTensor(tensor, type, !copied && choice.fallback(), false, missing));
    }
    return new QuantizePlan(planned, List.of());
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

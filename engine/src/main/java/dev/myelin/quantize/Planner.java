package dev.myelin.quantize;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.imatrix.ImportanceMatrix;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Decides about every tensor before any is converted, and refuses what cannot be done. */
final class Planner {
  /** What can be read as floats but is no longer what it was trained as. */
  private static final Set<GgmlType> UNREADABLE =
      EnumSet.complementOf(EnumSet.copyOf(Targets.all()));

  private final GgufFile file;
  private final QuantizeOptions options;
  private final boolean dry;

  /**
   * @param dry whether a missing importance matrix is noted rather than refused
   */
  Planner(GgufFile file, QuantizeOptions options, boolean dry) {
    this.file = file;
    this.options = options;
    this.dry = dry;
  }

  QuantizePlan plan() {
    if (file.tensors().isEmpty()) {
      throw new ModelFileException(
          file.path(), "no tensors", "expected a model, this is a vocabulary or metadata alone");
    }
    List<TensorInfo> ordered = TensorOrder.of(file.tensors());
    TypeChooser chooser = new TypeChooser(file.path(), ModelFacts.of(file), ordered, options);
    List<PlannedTensor> planned = new ArrayList<>();
    for (TensorInfo tensor : ordered) {
      planned.add(planned(tensor, chooser.choose(tensor)));
    }
    checkImportance(planned);
    return new QuantizePlan(planned, chooser.unused());
  }

  private PlannedTensor planned(TensorInfo tensor, TypeChooser.Choice choice) {
    GgmlType type = choice.type();
    if (tensor.type() == type) {
      return new PlannedTensor(tensor, type, false, false, false);
    }
    if (!TypeChooser.fits(tensor, type)) {
      throw TypeChooser.noFit(file.path(), tensor, type);
    }
    if (UNREADABLE.contains(tensor.type())) {
      throw new ModelFileException(
          file.path(),
          "tensor " + tensor.name() + " has type " + tensor.type().ggmlName(),
          "expected one that can be converted");
    }
    if (tensor.type().isQuantized() && !options.allowRequantize()) {
      throw new ModelFileException(
          file.path(),
          "tensor " + tensor.name() + " is quantised already, " + tensor.type().ggmlName(),
          "expected f32, f16 or bf16 (allow requantising to lose more)");
    }
    boolean weighted = weights(tensor) != null;
    boolean missing = !weighted && Targets.needsImportance(tensor.name(), type, options.mix());
    if (missing && !dry) {
      throw new InvalidRequestException(
          file.path()
              + ": tensor "
              + tensor.name()
              + ": "
              + type.ggmlName()
              + (options.importance() == null
                  ? " needs an importance matrix"
                  : " needs an entry in the importance matrix, which has none for it"));
    }
    return new PlannedTensor(tensor, type, choice.fallback(), weighted, missing);
  }

  /** The importance of each column of each matrix of a tensor, or null. */
  float[] weights(TensorInfo tensor) {
    ImportanceMatrix matrix = options.importance();
    if (matrix == null || options.copy()) {
      return null;
    }
    float[] weights = importance(matrix, tensor);
    long expected = tensor.dim(0) * tensor.dim(2);
    if (weights == null || weights.length == expected) {
      return weights;
    }
    if (Role.of(tensor.name()) == Role.TOKEN_EMBEDDING) {
      return null; // looked up, not multiplied: what there may be is another matrix's
    }
    throw new InvalidRequestException(
        name()
            + ": entry "
            + tensor.name()
            + " has "
            + weights.length
            + " columns: expected "
            + expected
            + ", is this another model's?");
  }

  private float[] importance(ImportanceMatrix matrix, TensorInfo tensor) {
    try {
      return matrix.importance(tensor.name(), tensor.dim(0)).orElse(null);
    } catch (InvalidRequestException e) {
      throw new InvalidRequestException(name() + ": " + e.getMessage());
    }
  }

  private void checkImportance(List<PlannedTensor> planned) {
    boolean any = planned.stream().anyMatch(t -> !t.isCopied() && t.type().isQuantized());
    boolean used = planned.stream().anyMatch(PlannedTensor::weighted);
    if (options.importance() != null && any && !used) {
      throw new InvalidRequestException(
          name() + ": no entry for any tensor of " + file.path() + ": is this another model's?");
    }
  }

  private String name() {
    return options.importanceFile() == null ? "importance matrix" : options.importanceFile();
  }
}

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
import org.jspecify.annotations.Nullable;

/**
 * Chooses the type of every tensor before any is converted, and rejects what cannot be converted.
 */
final class Planner {
  /** Types of intermediate results, integers and doubles: they are never converted. */
  private static final Set<GgmlType> NOT_CONVERTIBLE =
      EnumSet.complementOf(EnumSet.copyOf(TargetTypes.all()));

  private final GgufFile file;
  private final QuantizeOptions options;
  private final boolean dryRun;

  /**
   * @param dryRun whether a missing importance matrix is recorded in the plan rather than an error
   */
  Planner(GgufFile file, QuantizeOptions options, boolean dryRun) {
    this.file = file;
    this.options = options;
    this.dryRun = dryRun;
  }

  QuantizePlan plan() {
    if (file.tensors().isEmpty()) {
      throw new ModelFileException(
          file.path(),
          "no tensors",
          "expected a model, the file holds only a vocabulary or metadata");
    }
    List<TensorInfo> ordered = TensorOrder.of(file.tensors());
    TypeChooser chooser = new TypeChooser(file.path(), ModelTraits.of(file), ordered, options);
    List<PlannedTensor> planned = new ArrayList<>();
    for (TensorInfo tensor : ordered) {
      planned.add(planned(tensor, chooser.choose(tensor)));
    }
    checkImportance(planned);
    return new QuantizePlan(planned, chooser.unusedOverrides());
  }

  private PlannedTensor planned(TensorInfo tensor, TypeChooser.Choice choice) {
    GgmlType type = choice.type();
    if (tensor.type() == type) {
      return new PlannedTensor(tensor, type, false, false, false);
    }
    if (!TypeChooser.fits(tensor, type)) {
      throw TypeChooser.rowMismatch(file.path(), tensor, type);
    }
    if (NOT_CONVERTIBLE.contains(tensor.type())) {
      throw new ModelFileException(
          file.path(),
          "tensor " + tensor.name() + " has type " + tensor.type().ggmlName(),
          "expected one that can be converted");
    }
    if (tensor.type().isQuantized() && !options.allowRequantize()) {
      throw new ModelFileException(
          file.path(),
          "tensor " + tensor.name() + " is quantised already, " + tensor.type().ggmlName(),
          "expected f32, f16 or bf16 (requantising loses quality and must be allowed)");
    }
    boolean hasImportance = importance(tensor) != null;
    boolean lacksImportance =
        !hasImportance && TargetTypes.needsImportance(tensor.name(), type, options.mix());
    if (lacksImportance && !dryRun) {
      throw new InvalidRequestException(
          file.path()
              + ": tensor "
              + tensor.name()
              + ": "
              + type.ggmlName()
              + (options.importance() == null
                  ? " needs an importance matrix"
                  : " needs an entry in the importance matrix, but it has none"));
    }
    return new PlannedTensor(tensor, type, choice.fallback(), hasImportance, lacksImportance);
  }

  /** The importance of each column of each matrix of a tensor, or null. */
  float @Nullable [] importance(TensorInfo tensor) {
    ImportanceMatrix matrix = options.importance();
    if (matrix == null || options.copy()) {
      return null;
    }
    float[] importance = importance(matrix, tensor);
    long expected = tensor.dim(0) * tensor.dim(2);
    if (importance == null || importance.length == expected) {
      return importance;
    }
    if (TensorRole.of(tensor.name()) == TensorRole.TOKEN_EMBEDDING) {
      return null; // only looked up: the entry belongs to the tied output matrix
    }
    throw new InvalidRequestException(
        importanceName()
            + ": entry "
            + tensor.name()
            + " has "
            + importance.length
            + " columns: expected "
            + expected
            + "; the importance matrix may be of another model");
  }

  private float @Nullable [] importance(ImportanceMatrix matrix, TensorInfo tensor) {
    try {
      return matrix.importance(tensor.name(), tensor.dim(0)).orElse(null);
    } catch (InvalidRequestException e) {
      throw new InvalidRequestException(importanceName() + ": " + e.getMessage());
    }
  }

  private void checkImportance(List<PlannedTensor> planned) {
    boolean anyQuantized = planned.stream().anyMatch(t -> !t.isCopied() && t.type().isQuantized());
    boolean used = planned.stream().anyMatch(PlannedTensor::hasImportance);
    if (options.importance() != null && anyQuantized && !used) {
      throw new InvalidRequestException(
          importanceName()
              + ": no entry for any tensor of "
              + file.path()
              + "; the importance matrix may be of another model");
    }
  }

  private String importanceName() {
    return options.importanceFile() == null ? "importance matrix" : options.importanceFile();
  }
}

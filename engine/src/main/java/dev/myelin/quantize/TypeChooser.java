package dev.myelin.quantize;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.error.MyelinException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.quantize.Mix.MatrixContext;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the type of each tensor as llama.cpp 0.5.0 does. Call {@link #choose} once per tensor, in
 * the order of {@link TensorOrder}, because some rules count the matrices seen before.
 */
final class TypeChooser {
  private final @Nullable Path file;
  private final ModelTraits model;
  private final QuantizeOptions options;
  private final Mix mix;
  private final int valueMatrices;
  private final Set<TypeOverride> usedOverrides = new HashSet<>();
  private final Map<TensorRole, Integer> matricesSeen = new EnumMap<>(TensorRole.class);

  /**
   * @param file the checkpoint, null if there is no file
   * @param tensors all tensors of the model
   */
  TypeChooser(
      @Nullable Path file, ModelTraits model, List<TensorInfo> tensors, QuantizeOptions options) {
    this.file = file;
    this.model = model;
    this.options = options;
    this.mix = options.mix();
    this.valueMatrices =
        (int)
            tensors.stream().filter(t -> TensorRole.of(t.name()) == TensorRole.ATTENTION_V).count();
  }

  /** The type of a tensor, and whether it is a fallback. */
  record Choice(GgmlType type, boolean fallback) {}

  Choice choose(TensorInfo tensor) {
    String name = tensor.name();
    if (options.copy() || !TensorFilter.isQuantizable(tensor)) {
      return new Choice(tensor.type(), false);
    }
    TensorRole role = TensorRole.of(name);
    if (role == TensorRole.OUTPUT && options.leaveOutput()) {
      return new Choice(tensor.type(), false);
    }
    TypeOverride override = override(name);
    GgmlType overridden = override == null ? null : override.type();
    if (role == TensorRole.TOKEN_EMBEDDING && options.embeddingType() != null) {
      boolean perLayer = !name.equals("token_embd.weight");
      if (!perLayer || overridden == null) {
        return new Choice(options.embeddingType(), false);
      }
    }
    if (role == TensorRole.OUTPUT && options.outputType() != null) {
      return new Choice(options.outputType(), false);
    }
    if (!mix.isQuantized()) {
      return new Choice(mix.base(), false);
    }
    GgmlType type = overridden;
    if (override != null) {
      usedOverrides.add(override);
    } else {
      type = options.pure() ? mix.base() : byRules(tensor, role);
    }
    GgmlType fitting = fittingType(tensor, type);
    return new Choice(fitting, fitting != type);
  }

  /** The overrides that matched no tensor so far. */
  List<TypeOverride> unusedOverrides() {
    return options.overrides().stream().filter(o -> !usedOverrides.contains(o)).toList();
  }

  private @Nullable TypeOverride override(String name) {
    for (TypeOverride override : options.overrides()) {
      if (override.matches(name)) {
        return override;
      }
    }
    return null;
  }

  private GgmlType byRules(TensorInfo tensor, TensorRole role) {
    boolean isOutput =
        role == TensorRole.OUTPUT || (role == TensorRole.TOKEN_EMBEDDING && model.tiedEmbedding());
    if (isOutput) {
      return outputType(tensor);
    }
    GgmlType type = mix.typeFor(context(tensor, role));
    if (!mix.largeModelRules()) {
      return type;
    }
    if (role == TensorRole.ATTENTION_V
        && model.is70B()
        && (type == GgmlType.Q3_K || type == GgmlType.Q4_K)) {
      type = GgmlType.Q5_K;
    }
    // with eight experts, attention is a small part of the parameters
    boolean isKeyOrValue = role == TensorRole.ATTENTION_V || role == TensorRole.ATTENTION_K;
    return isKeyOrValue && model.experts() == 8 ? GgmlType.Q8_0 : type;
  }

  /** The type of the output matrix, which may be the tied embedding. */
  private GgmlType outputType(TensorInfo tensor) {
    if (options.outputType() != null) {
      return options.outputType();
    }
    if (model.isFalcon() || tensor.dim(0) % mix.base().blockSize() != 0) {
      return GgmlType.Q8_0;
    }
    return mix.rules().containsKey(TensorRole.OUTPUT)
        ? mix.typeFor(new MatrixContext(TensorRole.OUTPUT, 0, 1, false, hasImportance(), model))
        : GgmlType.Q6_K;
  }

  private MatrixContext context(TensorInfo tensor, TensorRole role) {
    int before = matricesSeen.merge(role, 1, Integer::sum) - 1;
    int layer = before;
    boolean feedForward =
        role == TensorRole.FFN_UP || role == TensorRole.FFN_GATE || role == TensorRole.FFN_DOWN;
    // the number of expert matrices per layer varies
    if (feedForward && model.experts() > 1 && mix.largeModelRules()) {
      layer = TensorOrder.layer(tensor.name());
      if (layer < 0 || layer >= model.layers()) {
        throw invalid(
            file,
            "tensor " + tensor.name(),
            "expected a name blk.N. with N below " + model.layers());
      }
    }
    int layers = role == TensorRole.ATTENTION_V ? valueMatrices : model.layers();
    return new MatrixContext(role, layer, layers, tensor.dim(2) > 1, hasImportance(), model);
  }

  private boolean hasImportance() {
    return options.importance() != null;
  }

  /**
   * The type itself if its blocks divide the rows, else a type of about as many bits with smaller
   * blocks.
   */
  private GgmlType fittingType(TensorInfo tensor, GgmlType type) {
    if (fits(tensor, type)) {
      return type;
    }
    GgmlType smaller =
        switch (type) {
          case IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S, IQ4_XS -> GgmlType.IQ4_NL;
          case Q2_0, Q2_K, Q3_K, TQ1_0, TQ2_0 -> GgmlType.Q4_0;
          case Q4_K -> GgmlType.Q5_0;
          case Q5_K -> GgmlType.Q5_1;
          case Q6_K -> GgmlType.Q8_0;
          case Q1_0, NVFP4 -> throw rowMismatch(file, tensor, type);
          default -> GgmlType.F16;
        };
    return fits(tensor, smaller) ? smaller : GgmlType.F16;
  }

  static boolean fits(TensorInfo tensor, GgmlType type) {
    return tensor.dim(0) % type.blockSize() == 0;
  }

  static MyelinException rowMismatch(Path file, TensorInfo tensor, GgmlType type) {
    return invalid(
        file,
        "tensor " + tensor.name() + " has rows of " + tensor.dim(0),
        "expected a multiple of " + type.blockSize() + " for " + type.ggmlName());
  }

  private static MyelinException invalid(@Nullable Path file, String subject, String expected) {
    return file == null
        ? new InvalidRequestException(subject + ": " + expected)
        : new ModelFileException(file, subject, expected);
  }
}

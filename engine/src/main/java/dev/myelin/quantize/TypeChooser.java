package dev.myelin.quantize;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.error.MyelinException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.quantize.Mix.Place;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Chooses the type of each tensor as llama.cpp 0.5.0 does. Asked once for each tensor, in the order
 * of {@link TensorOrder}: some rules count what came before.
 */
final class TypeChooser {
  private final Path file;
  private final ModelFacts model;
  private final QuantizeOptions options;
  private final Mix mix;
  private final int values;
  private final Set<TypeOverride> used = new HashSet<>();
  private final Map<Role, Integer> seen = new EnumMap<>(Role.class);

  /**
   * @param file the checkpoint, null for a model that is none yet
   * @param tensors all of the model's
   */
  TypeChooser(Path file, ModelFacts model, List<TensorInfo> tensors, QuantizeOptions options) {
    this.file = file;
    this.model = model;
    this.options = options;
    this.mix = options.mix();
    this.values = (int) tensors.stream().filter(t -> Role.of(t.name()) == Role.VALUE).count();
  }

  /** The type of a tensor, and whether its rows did not fit the one it should have had. */
  record Choice(GgmlType type, boolean fallback) {}

  Choice choose(TensorInfo tensor) {
    String name = tensor.name();
    if (options.copy() || !TensorFilter.allows(tensor)) {
      return new Choice(tensor.type(), false);
    }
    Role role = Role.of(name);
    if (role == Role.OUTPUT && options.leaveOutput()) {
      return new Choice(tensor.type(), false);
    }
    TypeOverride override = override(name);
    GgmlType named = override == null ? null : override.type();
    if (role == Role.TOKEN_EMBEDDING && options.embeddingType() != null) {
      boolean perLayer = !name.equals("token_embd.weight");
      if (!perLayer || named == null) {
        return new Choice(options.embeddingType(), false);
      }
    }
    if (role == Role.OUTPUT && options.outputType() != null) {
      return new Choice(options.outputType(), false);
    }
    if (!mix.isQuantised()) {
      return new Choice(mix.base(), false);
    }
    GgmlType type = named;
    if (override != null) {
      used.add(override);
    } else {
      type = options.pure() ? mix.base() : byRules(tensor, role);
    }
    GgmlType fitting = fitting(tensor, type);
    return new Choice(fitting, fitting != type);
  }

  /** Those of the overrides that changed nothing so far. */
  List<TypeOverride> unused() {
    return options.overrides().stream().filter(o -> !used.contains(o)).toList();
  }

  private TypeOverride override(String name) {
    for (TypeOverride override : options.overrides()) {
      if (override.matches(name)) {
        return override;
      }
    }
    return null;
  }

  private GgmlType byRules(TensorInfo tensor, Role role) {
    boolean head = role == Role.OUTPUT || (role == Role.TOKEN_EMBEDDING && model.tied());
    if (head) {
      return output(tensor);
    }
    GgmlType type = mix.at(place(tensor, role));
    if (!mix.generous()) {
      return type;
    }
    if (role == Role.VALUE
        && model.seventyBillion()
        && (type == GgmlType.Q3_K || type == GgmlType.Q4_K)) {
      type = GgmlType.Q5_K;
    }
    // eight experts have many times the parameters of the attention they share
    boolean cheap = role == Role.VALUE || role == Role.KEY;
    return cheap && model.experts() == 8 ? GgmlType.Q8_0 : type;
  }

  /** The matrix that makes logits, which may be the embedding. */
  private GgmlType output(TensorInfo tensor) {
    if (options.outputType() != null) {
      return options.outputType();
    }
    if (model.isFalcon() || tensor.dim(0) % mix.base().blockSize() != 0) {
      return GgmlType.Q8_0;
    }
    return mix.rules().containsKey(Role.OUTPUT)
        ? mix.at(new Place(Role.OUTPUT, 0, 1, false, hasImportance(), model))
        : GgmlType.Q6_K;
  }

  private Place place(TensorInfo tensor, Role role) {
    int before = seen.merge(role, 1, Integer::sum) - 1;
    int layer = before;
    boolean feedForward = role == Role.UP || role == Role.GATE || role == Role.DOWN;
    // experts' matrices are no fixed number a layer
    if (feedForward && model.experts() > 1 && mix.generous()) {
      layer = TensorOrder.layer(tensor.name());
      if (layer < 0 || layer >= model.layers()) {
        throw refused(
            file,
            "tensor " + tensor.name(),
            "expected it in one of " + model.layers() + " layers, blk.N.");
      }
    }
    int layers = role == Role.VALUE ? values : model.layers();
    return new Place(role, layer, layers, tensor.dim(2) > 1, hasImportance(), model);
  }

  private boolean hasImportance() {
    return options.importance() != null;
  }

  /** The type, or one of about as many bits whose smaller blocks divide the rows. */
  private GgmlType fitting(TensorInfo tensor, GgmlType type) {
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
          case Q1_0, NVFP4 -> throw noFit(file, tensor, type);
          default -> GgmlType.F16;
        };
    return fits(tensor, smaller) ? smaller : GgmlType.F16;
  }

  static boolean fits(TensorInfo tensor, GgmlType type) {
    return tensor.dim(0) % type.blockSize() == 0;
  }

  static MyelinException noFit(Path file, TensorInfo tensor, GgmlType type) {
    return refused(
        file,
        "tensor " + tensor.name() + " has rows of " + tensor.dim(0),
        "expected a multiple of " + type.blockSize() + " for " + type.ggmlName());
  }

  private static MyelinException refused(Path file, String subject, String expected) {
    return file == null
        ? new InvalidRequestException(subject + ": " + expected)
        : new ModelFileException(file, subject, expected);
  }
}

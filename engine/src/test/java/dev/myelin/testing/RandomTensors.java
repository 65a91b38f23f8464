package dev.myelin.testing;

import dev.myelin.gguf.Checkpoint;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.model.ModelDescription;
import dev.myelin.model.weights.DescribedWeights.Description;
import dev.myelin.model.weights.TensorUse;
import dev.myelin.testing.RandomModel.Feature;
import dev.myelin.testing.RandomWeights.Distribution;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The tensors of a {@link RandomModel}, as its architecture describes them. */
final class RandomTensors {
  /** Standard deviations and gains that keep the residual stream near 1 and the logits small. */
  private static final float EMBEDDING_DEVIATION = 0.25f;

  private static final float BRANCH_OUTPUT_GAIN = 0.5f;
  private static final float LOGITS_GAIN = 3f;

  private static final float ROUTER_GAIN = 2f;

  /**
   * Rounding of quantised activations occasionally changes the selected experts, and the logits
   * jump. With this gain the last selected expert has almost no weight.
   */
  private static final float QUANTISED_ROUTER_GAIN = 8f;

  private final GgufWriter writer;
  private final RandomModel model;
  private final RandomWeights weights;

  RandomTensors(GgufWriter writer, RandomModel model, RandomWeights weights) {
    this.writer = writer;
    this.model = model;
    this.weights = weights;
  }

  /** Adds the tensors; the writer has the hyperparameters already. */
  void put() {
    try (GgufFile keys = Checkpoint.of("random model", writer.toBytes()).open()) {
      List<Description> tensors = ModelDescription.of(keys, this::has).tensors();
      tensors.forEach(this::put);
      if (model.has(Feature.SCALES)) {
        putIgnoredScales(tensors);
      }
    }
  }

  /** Scales that files may have and that the reference implementation ignores. */
  private void putIgnoredScales(List<Description> tensors) {
    Set<String> names = tensors.stream().map(Description::name).collect(Collectors.toSet());
    for (Description tensor : tensors) {
      List<Long> shape = tensor.shape();
      String scale = tensor.name().replace(".weight", ".scale");
      boolean isMatrix = tensor.name().startsWith("blk.") && shape.size() > 1;
      if (isMatrix && !scale.contains("ffn_gate_inp") && !names.contains(scale)) {
        put(
            new Description(
                scale, TensorUse.VECTOR, List.of(shape.size() == 3 ? shape.get(2) : 1L)));
      }
    }
  }

  /** Whether the model has an optional tensor. */
  private boolean has(String name) {
    if (name.equals("output.weight")) {
      return !model.has(Feature.TIED);
    }
    if (name.startsWith("rope_freqs")) {
      return model.has(Feature.ROPE_FREQS);
    }
    if (name.startsWith("rope_factors")) {
      return model.has(Feature.ROPE_LONG);
    }
    if (name.endsWith("attn_qkv.weight")) {
      return model.has(Feature.FUSED_QKV);
    }
    if (name.endsWith(".bias")) {
      return hasBias(name);
    }
    // the reference implementation scales the output only if it is nvfp4
    boolean isScaled = !name.startsWith("output") || type("output") == GgmlType.NVFP4;
    return name.endsWith(".scale") && model.has(Feature.SCALES) && isScaled;
  }

  private boolean hasBias(String name) {
    return switch (model.architecture()) {
      case "llama" -> model.has(Feature.BIASES);
      case "qwen2" ->
          !name.startsWith("output") || model.has(Feature.BIASES) && !model.has(Feature.TIED);
      default -> false;
    };
  }

  private void put(Description tensor) {
    String name = tensor.name();
    String base = name.substring(0, name.lastIndexOf('.'));
    long[] dims = tensor.shape().stream().mapToLong(Long::longValue).toArray();
    boolean isPlain = dims.length == 1 || base.endsWith("position_embd");
    GgmlType type = isPlain || base.endsWith("ffn_gate_inp") ? GgmlType.F32 : type(base);
    writer.tensor(name, type, dims, weights.tensor(name, type, values(name, dims), dims));
  }

  private GgmlType type(String name) {
    return model.types().of(name);
  }

  private Distribution values(String name, long[] dims) {
    if (name.startsWith("rope_factors_short")) {
      return new Distribution(1.2f, 0.05f);
    }
    if (name.startsWith("rope_factors_long")) {
      return new Distribution(6, 1);
    }
    if (name.startsWith("rope_freqs")) {
      return new Distribution(4, 1);
    }
    if (name.endsWith(".bias")) {
      return new Distribution(0, name.startsWith("output.") ? 0.5f : 0.1f);
    }
    if (dims.length == 1) {
      return new Distribution(1, 0.1f);
    }
    return name.contains("_embd.")
        ? new Distribution(0, EMBEDDING_DEVIATION)
        : new Distribution(0, (float) (gain(name) / Math.sqrt(dims[0])));
  }

  /** A matrix maps vectors of rms 1 to vectors of this rms. */
  private float gain(String name) {
    if (name.startsWith("output.")) {
      return LOGITS_GAIN;
    }
    if (name.contains("ffn_gate_inp")) {
      String experts = name.replace("ffn_gate_inp.weight", "ffn_gate_exps");
      return type(experts).isQuantized() ? QUANTISED_ROUTER_GAIN : ROUTER_GAIN;
    }
    return name.contains("attn_output") || name.contains("ffn_down") ? BRANCH_OUTPUT_GAIN : 1;
  }
}

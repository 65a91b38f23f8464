package dev.myelin.train;

import dev.myelin.gguf.Checkpoint;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.model.ModelDescription;
import dev.myelin.model.weights.DescribedWeights.Description;
import dev.myelin.model.weights.TensorUse;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Makes a checkpoint with random weights. Matrices are normally distributed with a standard
 * deviation of 1 / sqrt(3 in), so that activations keep their magnitude from layer to layer (He et
 * al. 2015); divided by sqrt(2 layers) where a layer adds to the residual stream (Radford et al.
 * 2019).
 */
final class ModelInitializer {
  private static final float EPSILON = 1e-5f;
  private static final String OUTPUT = "output.weight";

  private final LlamaConfig config;
  private final SplittableRandom random;
  private final GgufWriter out;

  private ModelInitializer(LlamaConfig config, long seed, GgufWriter out) {
    this.config = config;
    this.random = new SplittableRandom(seed);
    this.out = out;
  }

  /**
   * Adds hyperparameters and tensors, but no tokenizer.
   *
   * @param vocabulary number of tokens
   * @param seed the same seed gives the same weights
   */
  static void putModel(LlamaConfig config, int vocabulary, long seed, GgufWriter out) {
    ModelInitializer initializer = new ModelInitializer(config, seed, out);
    putHyperparameters(config, vocabulary, out);
    initializer.putTensors(vocabulary);
  }

  private static void putHyperparameters(LlamaConfig config, int vocabulary, GgufWriter out) {
    out.put("llama.block_count", config.layers())
        .put("llama.context_length", config.context())
        .put("llama.embedding_length", config.width())
        .put("llama.feed_forward_length", config.feedForward())
        .put("llama.attention.head_count", config.heads())
        .put("llama.attention.head_count_kv", config.kvHeads())
        .put("llama.attention.layer_norm_rms_epsilon", EPSILON)
        .put("llama.rope.dimension_count", config.headSize())
        .put("llama.rope.freq_base", config.ropeBase())
        .put("llama.vocab_size", vocabulary);
    if (config.experts() > 0) {
      out.put("llama.expert_count", config.experts())
          .put("llama.expert_used_count", config.expertsUsed());
    }
  }

  /** Adds the tensors that the architecture takes; an output matrix comes last. */
  private void putTensors(int vocabulary) {
    List<Description> tensors = new ArrayList<>();
    GgufWriter keys = new GgufWriter().put("general.architecture", "llama");
    keys.put("tokenizer.ggml.model", "no_vocab");
    putHyperparameters(config, vocabulary, keys);
    try (GgufFile file = Checkpoint.of("new model", keys.toBytes()).open()) {
      tensors.addAll(ModelDescription.of(file, this::has).tensors());
    }
    tensors.sort(Comparator.comparing(t -> t.name().equals(OUTPUT)));
    for (Description tensor : tensors) {
      long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
      if (tensor.use() == TensorUse.VECTOR) {
        ones(tensor.name(), shape[0]);
      } else {
        random(tensor.name(), deviation(tensor.name(), shape[0]), shape);
      }
    }
  }

  private boolean has(String optional) {
    return optional.equals(OUTPUT) && !config.tied();
  }

  private double deviation(String name, long in) {
    if (!name.startsWith("blk.")) {
      return config.embeddingDeviation();
    }
    double deviation = 1 / Math.sqrt(3.0 * in);
    boolean isResidual = name.contains("attn_output") || name.contains("ffn_down");
    return isResidual ? deviation / Math.sqrt(2.0 * config.layers()) : deviation;
  }

  private void ones(String name, long length) {
    float[] values = new float[(int) length];
    Arrays.fill(values, 1f);
    out.tensor(
        name, GgmlType.F32, new long[] {length}, sink -> sink.write(MemorySegment.ofArray(values)));
  }

  private void random(String name, double deviation, long... shape) {
    SplittableRandom tensorRandom = random.split();
    long seed = tensorRandom.nextLong();
    long row = shape[0];
    long rows = 1;
    for (int i = 1; i < shape.length; i++) {
      rows *= shape[i];
    }
    long count = rows;
    out.tensor(
        name,
        GgmlType.F32,
        shape,
        sink -> {
          SplittableRandom values = new SplittableRandom(seed);
          float[] rowValues = new float[(int) row];
          MemorySegment rowSegment = MemorySegment.ofArray(rowValues);
          for (long r = 0; r < count; r++) {
            for (int i = 0; i < rowValues.length; i++) {
              rowValues[i] = (float) (values.nextGaussian() * deviation);
            }
            sink.write(rowSegment);
          }
        });
  }
}

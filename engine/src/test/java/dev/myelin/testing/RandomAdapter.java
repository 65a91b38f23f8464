package dev.myelin.testing;

import dev.myelin.adapter.AdapterWriter;
import dev.myelin.adapter.AdapterWriter.Factor;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.TensorInfo;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * An adapter with random weights for every adaptable matrix of a checkpoint. Its update has the
 * same magnitude as the matrix itself.
 *
 * @param weights selects the matrices to update
 */
public record RandomAdapter(
    int rank, float alpha, GgmlType type, long seed, Predicate<String> weights) {
  private static final Pattern ADAPTABLE =
      Pattern.compile(
          "(token_embd|output|blk\\.\\d+\\.((attn|ffn)_(?!.*norm|sinks|k_b|v_b).*"
              + "|ssm_in|ssm_out|inp_gate|proj|laurel_l|laurel_r))\\.weight");

  /** An f32 adapter with alpha equal to the rank. */
  public static RandomAdapter ofRank(int rank) {
    return new RandomAdapter(rank, rank, GgmlType.F32, 5, name -> true);
  }

  public RandomAdapter withAlpha(float value) {
    return new RandomAdapter(rank, value, type, seed, weights);
  }

  public RandomAdapter withType(GgmlType value) {
    return new RandomAdapter(rank, alpha, value, seed, weights);
  }

  public RandomAdapter withSeed(long value) {
    return new RandomAdapter(rank, alpha, type, value, weights);
  }

  public RandomAdapter only(Predicate<String> value) {
    return new RandomAdapter(rank, alpha, type, seed, value);
  }

  /** Writes the adapter for a checkpoint and returns {@code file}. */
  public Path write(Path file, Path model) {
    try (GgufFile base = GgufFile.open(model)) {
      return writer(base).write(file);
    }
  }

  private AdapterWriter writer(GgufFile base) {
    AdapterWriter writer = new AdapterWriter(base.metadata().string("general.architecture"), alpha);
    for (TensorInfo w : base.tensors()) {
      if (ADAPTABLE.matcher(w.name()).matches() && weights.test(w.name())) {
        boolean embedding = w.name().startsWith("token_embd");
        Factor a =
            embedding
                ? factor(w, ".lora_a", 0.25, rank, w.dim(1))
                : factor(w, ".lora_a", 1 / Math.sqrt(w.dim(0)), w.dim(0), rank, w.dim(2));
        Factor b =
            embedding
                ? factor(w, ".lora_b", 1 / Math.sqrt(rank), rank, w.dim(0))
                : factor(w, ".lora_b", 1 / Math.sqrt(rank), rank, w.dim(1), w.dim(2));
        writer.add(w.name(), a, b);
      }
    }
    return writer;
  }

  private Factor factor(TensorInfo w, String suffix, double deviation, long... shape) {
    long[] dims = shape.length == 3 && shape[2] == 1 ? new long[] {shape[0], shape[1]} : shape;
    long count = 1;
    for (long d : dims) {
      count *= d;
    }
    SplittableRandom random = new SplittableRandom(seed ^ (w.name() + suffix).hashCode());
    float[] values = new float[(int) count];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian(0, deviation);
    }
    MemorySegment encoded = RandomWeights.quantize(type, values, dims[0]);
    return new Factor(type, dims, encoded);
  }
}

package dev.myelin.testing;

import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.model.Architectures;
import dev.myelin.model.ModelDescription;
import dev.myelin.model.build.Sample;
import dev.myelin.model.weights.DescribedWeights.Description;
import dev.myelin.model.weights.TensorUse;
import dev.myelin.testing.RandomModel.TypeMix;
import dev.myelin.testing.RandomWeights.Distribution;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An f32 checkpoint of a {@link Sample} with random weights of realistic scale and no tokenizer.
 * Each tensor has its own generator, seeded by its name.
 */
public record RandomSample(String architecture, Sample sample, long seed) {
  private static final float EMBEDDING_DEVIATION = 0.25f;
  private static final float BRANCH_OUTPUT_GAIN = 0.5f;
  private static final float LOGITS_GAIN = 3f;
  private static final float ROUTER_GAIN = 2f;

  public RandomSample(String architecture, Sample sample) {
    this(architecture, sample, 1);
  }

  /**
   * The samples of all architectures; the system property {@code contract} is a regular expression
   * for some architectures only.
   */
  public static List<RandomSample> all() {
    List<RandomSample> all = new ArrayList<>();
    for (String architecture : Architectures.names()) {
      if (!architecture.matches(System.getProperty("contract", ".*"))) {
        continue;
      }
      for (Sample sample : ModelDescription.samples(architecture)) {
        all.add(new RandomSample(architecture, sample));
      }
    }
    return all;
  }

  /** Those whose sequences can be continued: not computed in one pass. */
  public static List<RandomSample> continued() {
    return all().stream().filter(sample -> !sample.isOnePass()).toList();
  }

  /** One of each architecture, and all that compute a sequence in one pass. */
  public static List<RandomSample> ofEachArchitecture() {
    Set<String> seen = new HashSet<>();
    return all().stream()
        .filter(sample -> seen.add(sample.architecture()) || sample.isOnePass())
        .toList();
  }

  /** Whether the model computes a sequence in one pass. */
  public boolean isOnePass() {
    return ModelDescription.of(architecture, sample).states().isOnePass();
  }

  /** A writer of an f32 file, which the caller may change further. */
  public GgufWriter writer() {
    return writer(TypeMix.all(GgmlType.F32), RandomWeights.exact(seed));
  }

  /**
   * A writer for large models, which repeats a pattern of random values.
   *
   * @param types of the matrices whose rows divide into blocks; the others are f32
   */
  public GgufWriter repeatingWriter(TypeMix types) {
    return writer(types, RandomWeights.repeating(seed));
  }

  /** A writer of a file with matrices of these types. */
  public GgufWriter writer(TypeMix types) {
    return writer(types, RandomWeights.exact(seed));
  }

  private GgufWriter writer(TypeMix types, RandomWeights weights) {
    GgufWriter writer = new GgufWriter();
    ModelDescription.put(writer, architecture, sample);
    writer.put("general.name", "random " + sample.name());
    writer.put("tokenizer.ggml.model", "no_vocab");
    for (Description tensor : ModelDescription.of(architecture, sample).tensors()) {
      long[] dims = tensor.shape().stream().mapToLong(Long::longValue).toArray();
      GgmlType type = type(tensor, types);
      writer.tensor(
          tensor.name(),
          type,
          dims,
          weights.tensor(tensor.name(), type, distribution(tensor), dims));
    }
    return writer;
  }

  private static GgmlType type(Description tensor, TypeMix types) {
    if (tensor.use() != TensorUse.MATRIX || tensor.name().contains("ffn_gate_inp")) {
      return GgmlType.F32;
    }
    String name = tensor.name().substring(0, tensor.name().lastIndexOf('.'));
    GgmlType type = types.of(name);
    return tensor.shape().getFirst() % type.blockSize() == 0 ? type : GgmlType.F32;
  }

  private Distribution distribution(Description tensor) {
    String name = tensor.name();
    for (Map.Entry<String, Sample.Values> e : sample.values().entrySet()) {
      if (name.endsWith(e.getKey())) {
        return new Distribution(e.getValue().mean(), e.getValue().deviation());
      }
    }
    return switch (tensor.use()) {
      case VECTOR -> name.endsWith(".bias") ? new Distribution(0, 0.1f) : new Distribution(1, 0.1f);
      case FLOATS -> new Distribution(0, 0.5f);
      case MATRIX -> matrix(name, tensor.shape().getFirst());
    };
  }

  /** Maps vectors of rms 1 to vectors whose rms is the gain. */
  private static Distribution matrix(String name, long in) {
    if (name.contains("_embd.")) {
      return new Distribution(0, EMBEDDING_DEVIATION);
    }
    float gain = 1;
    if (name.startsWith("output.")) {
      gain = LOGITS_GAIN;
    } else if (name.contains("ffn_gate_inp")) {
      gain = ROUTER_GAIN;
    } else if (name.contains("attn_output") || name.contains("ffn_down")) {
      gain = BRANCH_OUTPUT_GAIN;
    }
    return new Distribution(0, (float) (gain / Math.sqrt(in)));
  }

  /** Writes the file and returns its path. */
  public Path write(Path file) {
    PlainFile.write(writer(), file);
    return file;
  }

  @Override
  public String toString() {
    return architecture + ", " + sample;
  }
}

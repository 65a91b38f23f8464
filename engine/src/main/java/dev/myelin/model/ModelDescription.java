package dev.myelin.model;

import dev.myelin.gguf.Checkpoint;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.model.build.Architecture;
import dev.myelin.model.build.ModelBuilder;
import dev.myelin.model.build.Network;
import dev.myelin.model.build.Sample;
import dev.myelin.model.config.Config;
import dev.myelin.model.weights.DescribedWeights;
import dev.myelin.model.weights.DescribedWeights.Description;
import dev.myelin.pass.Output;
import dev.myelin.state.ModelStates;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The tensors and states of a model, computed from its hyperparameters without a file of weights.
 * Immutable and thread-safe.
 *
 * @param tensors in the order in which the architecture takes them
 * @param ignored why the architecture skips a tensor, by name
 * @param outputs what a pass can emit
 * @param hasEncoder whether an encoder runs before the decoder
 */
public record ModelDescription(
    List<Description> tensors,
    Map<String, String> ignored,
    ModelStates states,
    Set<Output> outputs,
    boolean hasEncoder) {
  /**
   * Describes the model of a file's metadata.
   *
   * @param optional whether the model has an optional tensor
   * @throws dev.myelin.error.ModelFileException if a key is missing or contradicts another
   * @throws dev.myelin.error.UnsupportedModelException if Myelin does not know the architecture
   */
  public static ModelDescription of(GgufFile file, Predicate<String> optional) {
    String name = Architectures.nameOf(file);
    Architecture architecture = Architectures.get(name);
    DescribedWeights weights = new DescribedWeights(optional);
    ModelBuilder builder = new ModelBuilder(weights);
    Network network = architecture.build(new Config(file, name), builder);
    return new ModelDescription(
        weights.descriptions(),
        weights.ignored(),
        builder.states(),
        network.outputs(),
        network.has(Network.ENCODE));
  }

  /** Describes a sample of an architecture. */
  public static ModelDescription of(String architecture, Sample sample) {
    try (GgufFile file = metadata(architecture, sample)) {
      return of(file, sample::has);
    }
  }

  /** A file of a sample's hyperparameters, without tensors and vocabulary. */
  public static GgufFile metadata(String architecture, Sample sample) {
    GgufWriter writer = new GgufWriter();
    put(writer, architecture, sample);
    writer.put("tokenizer.ggml.model", "no_vocab");
    return Checkpoint.of("keys of " + architecture, writer.toBytes()).open();
  }

  /** The models of an architecture and what is special about them; one line. */
  public static String title(String architecture) {
    return Architectures.get(architecture).title();
  }

  /** The samples of an architecture. */
  public static List<Sample> samples(String architecture) {
    return Architectures.get(architecture).samples();
  }

  /** Writes a sample's hyperparameters. */
  public static void put(GgufWriter writer, String architecture, Sample sample) {
    writer.put("general.architecture", architecture);
    sample.keys().forEach((key, value) -> writer.put(Sample.fullName(architecture, key), value));
  }
}

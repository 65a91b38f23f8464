package dev.myelin.train;

import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.graph.Tensor;
import dev.myelin.model.Model;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Trains all weights of a model except the RoPE factors. */
final class FullModel implements TrainableModel {
  /** Keys that describe the storage of the weights or a training run. */
  private static final Predicate<String> EXCLUDED_KEYS =
      key ->
          key.equals("general.file_type")
              || key.equals("general.quantization_version")
              || key.startsWith("training.");

  private final Model model;
  private final Map<String, Object> metadata;
  private final Collection<Tensor> parameters;

  /**
   * @param file the checkpoint; closed with this object
   * @param metadata metadata that replaces the file's
   */
  FullModel(GgufFile file, Map<String, Object> metadata) {
    this.model = Model.loadTrainable(file);
    this.metadata = metadata;
    this.parameters =
        model.weights().values().stream()
            .filter(t -> !t.name().startsWith("rope_"))
            .collect(Collectors.toList());
  }

  @Override
  public Model model() {
    return model;
  }

  @Override
  public Collection<Tensor> parameters() {
    return parameters;
  }

  @Override
  public void putState(GgufWriter state) {
    putMetadata(state);
    Set<Tensor> trained = Set.copyOf(parameters);
    for (Tensor t : model.weights().values()) {
      if (!trained.contains(t)) {
        StateFile.put(state, t.name(), t, t);
      }
    }
  }

  @Override
  public long checkpointBytes() {
    return checkpoint().size();
  }

  @Override
  public void write(Path file) {
    checkpoint().write(file);
  }

  private GgufWriter checkpoint() {
    GgufWriter out = new GgufWriter();
    putMetadata(out);
    for (Tensor t : model.weights().values()) {
      StateFile.put(out, t.name(), t, t);
    }
    return out;
  }

  private void putMetadata(GgufWriter out) {
    var original = model.file().metadata();
    for (String key : original.keys()) {
      boolean partOfFile = key.equals("general.alignment") || key.startsWith("split.");
      if (!partOfFile && !EXCLUDED_KEYS.test(key) && !metadata.containsKey(key)) {
        out.put(key, original.value(key));
      }
    }
    metadata.forEach(out::put);
    out.put("general.file_type", 0);
  }

  @Override
  public void close() {
    model.close();
  }
}

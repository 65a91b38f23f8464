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

/** Every weight of a model is learned, but for the divisors of its rotary positions. */
final class WholeModel implements Learned {
  /** Keys of a file that describe how its weights were stored, or a run. */
  private static final Predicate<String> STORAGE =
      key ->
          key.equals("general.file_type")
              || key.equals("general.quantization_version")
              || key.startsWith("training.");

  private final Model model;
  private final Map<String, Object> extra;
  private final Collection<Tensor> parameters;

  /**
   * @param file becomes this one's, which closes it
   * @param extra further metadata, put instead of the file's own
   */
  WholeModel(GgufFile file, Map<String, Object> extra) {
    this.model = Model.copyOf(file);
    this.extra = extra;
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
  public void describe(GgufWriter state) {
    putMetadata(state);
    Set<Tensor> learned = Set.copyOf(parameters);
    for (Tensor t : model.weights().values()) {
      if (!learned.contains(t)) {
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
    var metadata = model.file().metadata();
    for (String key : metadata.keys()) {
      boolean partOfFile = key.equals("general.alignment") || key.startsWith("split.");
      if (!partOfFile && !STORAGE.test(key) && !extra.containsKey(key)) {
        out.put(key, metadata.value(key));
      }
    }
    extra.forEach(out::put);
    out.put("general.file_type", 0);
  }

  @Override
  public void close() {
    model.close();
  }
}

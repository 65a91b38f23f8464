package dev.myelin.train;

import dev.myelin.adapter.AdapterWriter;
import dev.myelin.adapter.AdapterWriter.Half;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.graph.Tensor;
import dev.myelin.model.Model;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** The weights stay as they are; an adapter of low rank is learned. */
final class LearnedAdapter implements Learned {
  private final LoraOptions options;
  private final NewAdapter adapter;
  private final Model model;
  private final Map<String, Object> extra;

  /**
   * @param file becomes this one's, which closes it
   * @param extra further metadata of the adapter's file
   */
  LearnedAdapter(GgufFile file, LoraOptions options, long seed, Map<String, Object> extra) {
    this.options = options;
    this.extra = extra;
    adapter = new NewAdapter(options, seed);
    model = Model.copyOf(file, List.of(adapter));
  }

  @Override
  public Model model() {
    return model;
  }

  @Override
  public Collection<Tensor> parameters() {
    List<Tensor> all = new ArrayList<>();
    adapter
        .changes()
        .values()
        .forEach(
            change -> {
              all.add(change.a());
              all.add(change.b());
            });
    return all;
  }

  @Override
  public void describe(GgufWriter state) {
    state.put("general.type", "adapter").put("adapter.lora.alpha", options.alpha());
    state.put("training.rank", options.rank());
  }

  @Override
  public long checkpointBytes() {
    return checkpoint().size();
  }

  @Override
  public void write(Path file) {
    checkpoint().write(file);
  }

  private AdapterWriter checkpoint() {
    AdapterWriter out = new AdapterWriter(model.hyperparameters().architecture(), options.alpha());
    extra.forEach(out::put);
    adapter.changes().forEach((weight, c) -> out.add(weight, Half.of(c.a()), Half.of(c.b())));
    return out;
  }

  @Override
  public void close() {
    model.close();
  }
}

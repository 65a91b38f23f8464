package dev.myelin.train;

import dev.myelin.adapter.AdapterWriter;
import dev.myelin.adapter.AdapterWriter.Factor;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.graph.Tensor;
import dev.myelin.model.Model;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** Trains a LoRA adapter; the weights of the model are frozen. */
final class LoraModel implements TrainableModel {
  private final LoraOptions options;
  private final LoraParameters adapter;
  private final Model model;
  private final Map<String, Object> metadata;

  /**
   * @param file the base model; closed with this object
   * @param metadata additional metadata of the adapter file
   */
  LoraModel(GgufFile file, LoraOptions options, long seed, Map<String, Object> metadata) {
    this.options = options;
    this.metadata = metadata;
    adapter = new LoraParameters(options, seed);
    model = Model.loadTrainable(file, List.of(adapter));
  }

  @Override
  public Model model() {
    return model;
  }

  @Override
  public Collection<Tensor> parameters() {
    List<Tensor> all = new ArrayList<>();
    adapter
        .matrices()
        .values()
        .forEach(
            change -> {
              all.add(change.a());
              all.add(change.b());
            });
    return all;
  }

  @Override
  public void putState(GgufWriter state) {
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
    AdapterWriter out = new AdapterWriter(model.info().architecture(), options.alpha());
    metadata.forEach(out::put);
    adapter.matrices().forEach((weight, c) -> out.add(weight, Factor.of(c.a()), Factor.of(c.b())));
    return out;
  }

  @Override
  public void close() {
    model.close();
  }
}

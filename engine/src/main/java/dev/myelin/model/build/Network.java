package dev.myelin.model.build;

import dev.myelin.pass.Output;
import dev.myelin.pass.Pass;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A model's forward passes over its weights and states: the stage {@link #MAIN}, and others by
 * name. Immutable and thread-safe.
 */
public final class Network {
  /** The stage that computes what is asked of each token. */
  public static final String MAIN = "main";

  /** The stage of an encoder-decoder model that fills the states of scope ENCODER. */
  public static final String ENCODE = "encode";

  private final Map<String, Stage> stages = new LinkedHashMap<>();
  private final Set<Output> outputs = new LinkedHashSet<>();

  /** One forward pass. */
  public interface Stage {
    /** Adds the pass to a graph: from {@code pass.tokens()} to {@code pass.emit}. */
    void forward(Pass pass);
  }

  private Network() {}

  /** A network of one stage, which can emit these outputs. */
  public static Network main(Stage stage, Output... outputs) {
    return main(0, stage, outputs);
  }

  /** As above; the stage can also emit the inputs of so many layers. */
  public static Network main(int layers, Stage stage, Output... outputs) {
    Network network = new Network();
    network.stages.put(MAIN, stage);
    network.outputs.addAll(List.of(outputs));
    for (int i = 0; i < layers; i++) {
      network.outputs.add(Output.layerInput(i));
    }
    return network;
  }

  /** This network and another stage. */
  public Network with(String name, Stage stage) {
    Network network = new Network();
    network.stages.putAll(stages);
    network.stages.put(name, stage);
    network.outputs.addAll(outputs);
    return network;
  }

  /** What the stage {@link #MAIN} can emit. */
  public Set<Output> outputs() {
    return Collections.unmodifiableSet(outputs);
  }

  public boolean has(String stage) {
    return stages.containsKey(stage);
  }

  /** A stage, which must exist. */
  public Stage stage(String name) {
    return stages.get(name);
  }

  /** Adds the stage {@link #MAIN} to a graph. */
  public void forward(Pass pass) {
    stages.get(MAIN).forward(pass);
  }
}

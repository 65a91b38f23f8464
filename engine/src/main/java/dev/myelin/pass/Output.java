package dev.myelin.pass;

import org.jspecify.annotations.Nullable;

/** What a forward pass emits. Immutable and thread-safe. */
public final class Output {
  private static final String LAYER_INPUT = "layer_input";
  private static final int NO_LAYER = -1;

  /** The logits of each requested position: f32 [vocabulary, outputs]. */
  public static final Output LOGITS = new Output("logits", "logits", NO_LAYER);

  /** The hidden state of each requested position, after the last norm: f32 [width, outputs]. */
  public static final Output HIDDEN = new Output("hidden", "hidden states", NO_LAYER);

  /**
   * The scores of a classification head, computed from the first position of a whole sequence,
   * which has one output: f32 [classes, sequences].
   */
  public static final Output SCORES =
      new Output("scores", "scores of a classification head", NO_LAYER);

  private final String name;
  private final String description;
  private final int layer;

  private Output(String name, String description, int layer) {
    this.name = name;
    this.description = description;
    this.layer = layer;
  }

  /**
   * The input of a layer at each requested position, f32 [width, outputs]: that of layer 0 is the
   * embedding of the token, that of another the output of the layer before it.
   */
  public static Output layerInput(int layer) {
    return new Output(LAYER_INPUT, "inputs of layers", layer);
  }

  /** The layer whose input it is; undefined for another output. */
  public int layer() {
    return layer;
  }

  public boolean isLayerInput() {
    return name.equals(LAYER_INPUT);
  }

  /** What it is, for messages. */
  public String description() {
    return description;
  }

  /** The name of the graph's output. */
  public String tensorName() {
    return isLayerInput() ? name + "_" + layer : name;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Output o && name.equals(o.name) && layer == o.layer;
  }

  @Override
  public int hashCode() {
    return 31 * name.hashCode() + layer;
  }

  @Override
  public String toString() {
    return tensorName();
  }
}

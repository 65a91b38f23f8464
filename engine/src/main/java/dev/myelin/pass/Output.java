package dev.myelin.pass;

/** What a forward pass emits. */
public enum Output {
  /** The logits of each requested position: f32 [vocabulary, outputs]. */
  LOGITS("logits", "logits"),
  /** The hidden state of each requested position, after the last norm: f32 [width, outputs]. */
  HIDDEN("hidden", "hidden states"),
  /**
   * The scores of a classification head, computed from the first position of a whole sequence,
   * which has one output: f32 [classes, sequences].
   */
  SCORES("scores", "scores of a classification head");

  private final String tensorName;
  private final String description;

  Output(String tensorName, String description) {
    this.tensorName = tensorName;
    this.description = description;
  }

  /** What it is, for messages. */
  public String description() {
    return description;
  }

  /** The name of the graph's output. */
  public String tensorName() {
    return tensorName;
  }
}

package dev.myelin.pass;

/** What a forward pass emits of each requested position. */
public enum Output {
  /** The logits: f32 [vocabulary, outputs]. */
  LOGITS("logits"),
  /** The hidden state after the last norm: f32 [width, outputs]. */
  HIDDEN("hidden");

  private final String tensorName;

  Output(String tensorName) {
    this.tensorName = tensorName;
  }

  /** The name of the graph's output. */
  public String tensorName() {
    return tensorName;
  }
}

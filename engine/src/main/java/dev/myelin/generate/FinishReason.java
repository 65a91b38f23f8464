package dev.myelin.generate;

/** Why a generation ended. Immutable and thread-safe. */
public enum FinishReason {
  /** The model generated an end-of-generation token. */
  END_OF_TEXT("end of text"),
  /** The text reached a stop string, which is not part of the result. */
  STOP_STRING("stop string"),
  /** The requested number of tokens was generated. */
  LENGTH("length"),
  /** The context is full. */
  CONTEXT_FULL("context full"),
  /** {@link Session#cancel} was called. */
  CANCELLED("cancelled");

  private final String text;

  FinishReason(String text) {
    this.text = text;
  }

  /** In words. */
  @Override
  public String toString() {
    return text;
  }
}

package dev.myelin.generate;

/** Why a generation ended. */
public enum FinishReason {
  /** The model wrote one of its end tokens. */
  END_OF_TEXT("end of text"),
  /** The text reached one of the stop strings, which is left out. */
  STOP_STRING("stop string"),
  /** As many tokens as asked for. */
  LENGTH("length"),
  /** No room for another token. */
  CONTEXT_FULL("context full"),
  /** Somebody called {@link Session#cancel}. */
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

package dev.myelin.error;

/** A prompt has more tokens than fit into the context. Thread-safe. */
public final class ContextFullException extends InvalidRequestException {
  private static final long serialVersionUID = 1L;

  private final int tokens;
  private final int fit;
  private final boolean alone;

  private ContextFullException(String what, int tokens, int fit, boolean alone) {
    super(what);
    this.tokens = tokens;
    this.fit = fit;
    this.alone = alone;
  }

  /**
   * A prompt.
   *
   * @param tokens how many it has
   * @param before how many the context holds already
   * @param context how many it holds at most
   */
  public static ContextFullException prompt(int tokens, int before, int context) {
    String held = before == 0 ? "" : " that holds " + before + " already";
    String what = "the prompt has %d tokens, which do not fit into a context of %d";
    return new ContextFullException(
        what.formatted(tokens, context) + held, tokens, context - before, before == 0);
  }

  /** A text that is computed whole. */
  public static ContextFullException text(int tokens, int context) {
    return text("the text", tokens, context);
  }

  /**
   * As above.
   *
   * @param name what the message calls it
   */
  public static ContextFullException text(String name, int tokens, int context) {
    String what = "%s has %s tokens, which do not fit into a context of %s";
    return new ContextFullException(what.formatted(name, tokens, context), tokens, context, true);
  }

  /** A message of a conversation that does not fit even without the messages before it. */
  public static ContextFullException message(int tokens, int context) {
    String what =
        "the message, with the system prompt and what the template adds, has %d tokens, which do"
            + " not fit into a context of %d";
    return new ContextFullException(what.formatted(tokens, context), tokens, context, true);
  }

  /** A conversation, of which something could be left out. */
  public static ContextFullException conversation(int tokens, int context) {
    String what = "the conversation has %d tokens, which do not fit into a context of %d";
    return new ContextFullException(what.formatted(tokens, context), tokens, context, false);
  }

  /** How many tokens the prompt has. */
  public int tokens() {
    return tokens;
  }

  /** How many there is room for. */
  public int fit() {
    return fit;
  }

  /** Whether the prompt is too long by itself: only a larger context helps. */
  public boolean isAlone() {
    return alone;
  }
}

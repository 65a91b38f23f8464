package dev.myelin.cli.run;

import dev.myelin.cli.io.Console;
import dev.myelin.error.ContextFullException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.Session;
import dev.myelin.model.config.Hyperparameters;

/** Notes and errors about how much a context holds, with the options that change it. */
public final class ContextLimits {
  private ContextLimits() {}

  /** A note where the context is longer than the one that the model was trained for. */
  public static void warn(Console console, Session session) {
    int trained = session.model().hyperparameters().contextLength();
    if (session.contextLength() > trained) {
      console.note(
          "-c %s: the model was trained for a context of %s tokens, and gets worse beyond"
              .formatted(session.contextLength(), trained));
    }
  }

  /**
   * Refuses a prompt that does not fit, before anything is printed.
   *
   * @throws InvalidRequestException with the numbers, and what helps
   */
  static void check(int[] prompt, Session session) {
    if (prompt.length > session.contextLength()) {
      throw tooLong(
          ContextFullException.prompt(prompt.length, 0, session.contextLength()), session);
    }
  }

  /** A prompt that does not fit, with what helps. */
  public static InvalidRequestException tooLong(ContextFullException e, Session session) {
    String help = e.isAlone() ? "" : "/reset starts a new one, --on-full drop goes on with it, ";
    return new InvalidRequestException(e.getMessage() + " (" + help + larger(session) + ")");
  }

  /** How to get a larger context. */
  public static String larger(Session session) {
    Hyperparameters hp = session.model().hyperparameters();
    int trained = hp.contextLength();
    if (session.contextLength() < trained) {
      return "-c allows more, up to the %s that the model was trained for".formatted(trained);
    }
    return hp.rope() == null
        ? "the model has no more positions"
        : "-c allows more, but the model was trained for " + trained;
  }
}

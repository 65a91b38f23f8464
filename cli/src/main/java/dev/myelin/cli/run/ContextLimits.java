package dev.myelin.cli.run;

import dev.myelin.cli.io.Console;
import dev.myelin.error.ContextFullException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.Session;
import dev.myelin.model.ModelInfo;

/** Notes and errors about the context length, with the options that change it. */
public final class ContextLimits {
  private ContextLimits() {}

  /** Prints a note if the context is longer than the one the model was trained with. */
  public static void warnIfBeyondTraining(Console console, Session session) {
    int trained = session.model().info().contextLength();
    if (session.contextLength() > trained) {
      console.note(
          "-c %s: the model was trained with a context of %s tokens: longer text is worse"
              .formatted(session.contextLength(), trained));
    }
  }

  /**
   * Rejects a prompt that does not fit, before anything is printed.
   *
   * @throws InvalidRequestException with the numbers, and the options that help
   */
  static void requireFits(int[] prompt, Session session) {
    if (prompt.length > session.contextLength()) {
      throw tooLong(
          ContextFullException.prompt(prompt.length, 0, session.contextLength()), session);
    }
  }

  /** The error of a prompt that does not fit, with the options that help. */
  public static InvalidRequestException tooLong(ContextFullException e, Session session) {
    String help = e.isAlone() ? "" : "/reset starts a new one, --on-full drop continues it, ";
    return new InvalidRequestException(e.getMessage() + " (" + help + hint(session) + ")");
  }

  /** How to get a longer context. */
  public static String hint(Session session) {
    ModelInfo info = session.model().info();
    int trained = info.contextLength();
    if (session.contextLength() < trained) {
      return "-c sets a longer one, up to the %s that the model was trained with"
          .formatted(trained);
    }
    return info.maxPositions().isPresent()
        ? "the model has no more positions"
        : "-c sets a longer one, but the model was trained with " + trained;
  }
}

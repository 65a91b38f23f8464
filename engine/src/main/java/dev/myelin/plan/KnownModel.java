package dev.myelin.plan;

import java.util.Locale;

/**
 * A published model.
 *
 * @param name as its publisher calls it, with its size: {@code Llama 3.2 1B}
 * @param published parameters as the source counts them, to as many digits as it gives
 * @param active those a token uses, likewise; empty for a dense model
 * @param source where shape and count stand: a paper or a model card
 */
public record KnownModel(
    String name, String published, String active, Blueprint blueprint, String source) {

  /** Its name for the command line: {@code llama-3.2-1b}. */
  public String id() {
    return name.toLowerCase(Locale.ROOT).replace(' ', '-');
  }

  /** Whether a name means this model: case, spaces and punctuation do not matter. */
  boolean isCalled(String other) {
    return letters(name).equals(letters(other));
  }

  private static String letters(String text) {
    return text.toLowerCase(Locale.ROOT).replaceAll("[\\s._-]", "");
  }
}

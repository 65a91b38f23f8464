package dev.myelin.plan;

import java.util.Locale;

/**
 * A published model. Immutable and thread-safe.
 *
 * @param name the publisher's name, with the size: {@code Llama 3.2 1B}
 * @param publishedParameters number of parameters as published, with the source's precision
 * @param publishedActive active parameters per token as published; empty for a dense model
 * @param keys its architecture and the metadata keys that sizes depend on
 * @param source the source of keys and count: a paper or a model card
 */
public record KnownModel(
    String name,
    String publishedParameters,
    String publishedActive,
    ModelKeys keys,
    String source) {

  /** The name for the command line: {@code llama-3.2-1b}. */
  public String id() {
    return name.toLowerCase(Locale.ROOT).replace(' ', '-');
  }

  /** Whether a name denotes this model, ignoring case, spaces and punctuation. */
  boolean hasName(String other) {
    return normalize(name).equals(normalize(other));
  }

  private static String normalize(String text) {
    return text.toLowerCase(Locale.ROOT).replaceAll("[\\s._-]", "");
  }
}

package dev.myelin.gguf;

import java.util.List;
import java.util.stream.Stream;

/** Malformed files, each wrong in a way of its own, with the words that its message must have. */
public final class MalformedGguf {
  private MalformedGguf() {}

  /**
   * A malformed file.
   *
   * @param description the thing that is wrong
   * @param messageParts what the message must contain
   */
  public record Case(String description, byte[] file, List<String> messageParts) {
    @Override
    public String toString() {
      return description;
    }
  }

  /** Every case. */
  public static List<Case> all() {
    return Stream.of(new MalformedMetadata(), new MalformedTensors())
        .flatMap(table -> table.cases().stream())
        .toList();
  }
}

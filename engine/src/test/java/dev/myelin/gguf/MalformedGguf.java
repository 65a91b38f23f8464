package dev.myelin.gguf;

import java.util.List;
import java.util.stream.Stream;

/** Malformed files, each with one defect and the parts that its error message must contain. */
public final class MalformedGguf {
  private MalformedGguf() {}

  /**
   * A malformed file.
   *
   * @param description the defect
   * @param messageParts what the message must contain
   */
  public record Case(String description, byte[] file, List<String> messageParts) {
    @Override
    public String toString() {
      return description;
    }
  }

  /** All cases. */
  public static List<Case> all() {
    return Stream.of(new MalformedMetadata(), new MalformedTensors())
        .flatMap(table -> table.cases().stream())
        .toList();
  }
}

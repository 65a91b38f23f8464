package dev.myelin.evaluate;

import dev.myelin.error.InvalidRequestException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** By what continuations are compared. Immutable and thread-safe. */
public enum Normalization {
  /** The total log-probability: which text is the most likely. */
  SUM,
  /** The mean log-probability per token, which does not favour short continuations. */
  MEAN;

  double of(ContinuationScore score) {
    return this == SUM ? score.logProbability() : score.mean();
  }

  /** The name on the command line. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static List<String> labels() {
    return Arrays.stream(values()).map(Normalization::label).toList();
  }

  /**
   * @throws InvalidRequestException if the label is unknown; names the known ones
   */
  public static Normalization of(String label) {
    return Arrays.stream(values())
        .filter(n -> n.label().equalsIgnoreCase(label))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidRequestException(
                    "normalize " + label + ": known are " + String.join(", ", labels())));
  }
}

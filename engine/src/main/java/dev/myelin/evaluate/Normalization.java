package dev.myelin.evaluate;

import dev.myelin.error.InvalidRequestException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What of continuations is compared. */
public enum Normalization {
  /** The log-probability: which of the texts is likeliest. */
  SUM,
  /** The log-probability of a token, which does not prefer short continuations. */
  MEAN;

  double of(ContinuationScore score) {
    return this == SUM ? score.logProbability() : score.mean();
  }

  /** As the command line spells it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static List<String> labels() {
    return Arrays.stream(values()).map(Normalization::label).toList();
  }

  /**
   * @throws InvalidRequestException naming those known
   */
  public static Normalization of(String label) {
    return Arrays.stream(values())
        .filter(n -> n.label().equalsIgnoreCase(label))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidRequestException(
                    "normalise " + label + ": known are " + String.join(", ", labels())));
  }
}

package dev.myelin.sampling;

import dev.myelin.error.ModelFileException;
import dev.myelin.gguf.GgufValue;
import dev.myelin.gguf.Metadata;
import java.util.ArrayList;
import java.util.List;

/**
 * The sampling options that a model file recommends: its keys {@code general.sampling.*}. Immutable
 * and thread-safe.
 *
 * @param options the defaults, replaced by the file's values
 * @param values the file's values by the names of {@link SamplingOptions}, such as {@code
 *     temperature = 0.6}; empty if the file has none
 * @param notes what the file recommends and this engine does not support, as readable sentences
 */
public record RecommendedSampling(
    SamplingOptions options, List<String> values, List<String> notes) {
  private static final String PREFIX = "general.sampling.";
  private static final int MAX_SEQUENCE_LENGTH =
      1000; // characters; the names of all stages take 80

  /** The stages in the order in which {@link SamplerChain} runs them. */
  private static final List<String> STAGES =
      List.of("penalties", "top_n_sigma", "top_k", "typ_p", "top_p", "min_p", "temperature");

  /** Stages that are off unless a key enables them. */
  private static final List<String> OFF_BY_DEFAULT = List.of("dry", "xtc", "adaptive_p");

  public RecommendedSampling {
    values = List.copyOf(values);
    notes = List.copyOf(notes);
  }

  /**
   * Reads a file's keys.
   *
   * @throws ModelFileException naming a key whose value is out of range
   */
  public static RecommendedSampling of(Metadata metadata) {
    Reader reader = new Reader(metadata);
    reader.read();
    return new RecommendedSampling(reader.options, reader.values, reader.notes);
  }

  private static final class Reader {
    private final Metadata metadata;
    private final List<String> values = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private SamplingOptions options = SamplingOptions.defaults();

    Reader(Metadata metadata) {
      this.metadata = metadata;
    }

    void read() {
      if (has("temp")) {
        double value = number("temp", 0, Float.MAX_VALUE, "0 or more");
        options = options.withTemperature(report("temperature", (float) value));
      }
      if (has("top_k")) {
        double value = integer("top_k", Integer.MIN_VALUE, Integer.MAX_VALUE, "an integer");
        options = options.withTopK(report("top-k", (int) Math.max(0, value)));
      }
      if (has("top_p")) {
        options = options.withTopP(report("top-p", (float) number("top_p", 0, 1, "0 to 1")));
      }
      if (has("min_p")) {
        options = options.withMinP(report("min-p", (float) number("min_p", 0, 1, "0 to 1")));
      }
      if (has("penalty_repeat")) {
        double value = number("penalty_repeat", Float.MIN_VALUE, Float.MAX_VALUE, "above 0");
        options = options.withRepeatPenalty(report("repeat-penalty", (float) value));
      }
      if (has("penalty_last_n")) {
        int max = SamplingOptions.MAX_REPEAT_LAST_N;
        double value = integer("penalty_last_n", -1, max, "-1 (all) to " + max);
        options = options.withRepeatLastN(report("repeat-last-n", (int) value));
      }
      if (has("sequence")) {
        readSequence();
      }
      noteUnsupported("xtc_probability");
      noteUnsupported("mirostat");
    }

    /** Disables the stages that the file's sequence omits. */
    private void readSequence() {
      String text = metadata.string(PREFIX + "sequence");
      if (text.length() > MAX_SEQUENCE_LENGTH) {
        throw invalid("sequence", "at most " + MAX_SEQUENCE_LENGTH + " characters");
      }
      List<String> chain = new ArrayList<>();
      List<String> unknown = new ArrayList<>();
      for (String name : text.split(";")) {
        if (STAGES.contains(name)) {
          chain.add(name);
        } else if (!name.isEmpty() && !OFF_BY_DEFAULT.contains(name)) {
          unknown.add('"' + name + '"');
        }
      }
      if (unknown.size() == 1) {
        note("sequence", "the stage " + unknown.getFirst() + " is not known here and is left out");
      } else if (!unknown.isEmpty()) {
        String names = String.join(", ", unknown);
        note("sequence", "the stages " + names + " are not known here and are left out");
      }
      List<String> ordered = new ArrayList<>(STAGES);
      ordered.retainAll(chain);
      if (!ordered.equals(chain)) {
        note("sequence", "its stages run as " + String.join(";", ordered));
      }
      List<String> missing = new ArrayList<>(STAGES);
      missing.removeAll(chain);
      for (String stage : missing) {
        options = without(stage);
      }
      if (!missing.isEmpty()) {
        values.add("without " + String.join(", ", missing));
      }
    }

    private SamplingOptions without(String stage) {
      return switch (stage) {
        case "penalties" ->
            options.withRepeatPenalty(1).withFrequencyPenalty(0).withPresencePenalty(0);
        case "top_n_sigma" -> options.withTopNSigma(0);
        case "top_k" -> options.withTopK(0);
        case "typ_p" -> options.withTypicalP(1);
        case "top_p" -> options.withTopP(1);
        case "min_p" -> options.withMinP(0);
        default -> options.withTemperature(1);
      };
    }

    /** Notes an unsupported sampler, unless its value is 0 (off). */
    private void noteUnsupported(String name) {
      if (has(name) && number(name, -Double.MAX_VALUE, Double.MAX_VALUE, "a number") > 0) {
        note(name, "not supported, and not used");
      }
    }

    private void note(String name, String message) {
      notes.add("key " + PREFIX + name + " = " + describe(name) + ": " + message);
    }

    private <T> T report(String option, T value) {
      values.add(option + " = " + value);
      return value;
    }

    private boolean has(String name) {
      return metadata.has(PREFIX.concat(name));
    }

    private double integer(String name, double min, double max, String expected) {
      double value = number(name, min, max, expected);
      if (value != Math.rint(value)) {
        throw invalid(name, expected);
      }
      return value;
    }

    private double number(String name, double min, double max, String expected) {
      double value =
          metadata.value(PREFIX + name) instanceof GgufValue.Scalar scalar
                  && scalar.toJava() instanceof Number number
              ? number.doubleValue()
              : Double.NaN;
      if (!(value >= min && value <= max)) {
        throw invalid(name, expected);
      }
      return value;
    }

    private String describe(String name) {
      return metadata.value(PREFIX + name).describe();
    }

    private ModelFileException invalid(String name, String expected) {
      return metadata.error(PREFIX + name, "expected " + expected);
    }
  }
}

package dev.myelin.sampling;

import dev.myelin.error.ModelFileException;
import dev.myelin.gguf.GgufValue;
import dev.myelin.gguf.Metadata;
import java.util.ArrayList;
import java.util.List;

/**
 * How a checkpoint wants to be sampled: its keys {@code general.sampling.*}.
 *
 * @param options the defaults with the file's values in their place
 * @param values what the file says, by the names of {@link SamplingOptions}: {@code temperature =
 *     0.6}; empty where it says nothing
 * @param notes what the file says and this engine does not do, a sentence each, for people to read
 */
public record RecommendedSampling(
    SamplingOptions options, List<String> values, List<String> notes) {
  private static final String PREFIX = "general.sampling.";
  private static final int LONGEST_SEQUENCE = 1000; // characters; all stages known have 80

  /** What acts on tokens, in the order in which {@link SamplerChain} runs. */
  private static final List<String> STAGES =
      List.of("penalties", "top_n_sigma", "top_k", "typ_p", "top_p", "min_p", "temperature");

  /** Stages that do nothing unless a key turns them on. */
  private static final List<String> IDLE_STAGES = List.of("dry", "xtc", "adaptive_p");

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
        options = options.withTemperature(listed("temperature", (float) value));
      }
      if (has("top_k")) {
        double value = integer("top_k", Integer.MIN_VALUE, Integer.MAX_VALUE, "an integer");
        options = options.withTopK(listed("top-k", (int) Math.max(0, value)));
      }
      if (has("top_p")) {
        options = options.withTopP(listed("top-p", (float) number("top_p", 0, 1, "0 to 1")));
      }
      if (has("min_p")) {
        options = options.withMinP(listed("min-p", (float) number("min_p", 0, 1, "0 to 1")));
      }
      if (has("penalty_repeat")) {
        double value = number("penalty_repeat", Float.MIN_VALUE, Float.MAX_VALUE, "above 0");
        options = options.withRepeatPenalty(listed("repeat-penalty", (float) value));
      }
      if (has("penalty_last_n")) {
        int most = SamplingOptions.MAX_LAST_N;
        double value = integer("penalty_last_n", -1, most, "-1 (all) to " + most);
        options = options.withRepeatLastN(listed("repeat-last-n", (int) value));
      }
      if (has("sequence")) {
        sequence();
      }
      unserved("xtc_probability");
      unserved("mirostat");
    }

    /** Turns the stages off that the file's chain leaves out. */
    private void sequence() {
      String text = metadata.string(PREFIX + "sequence");
      if (text.length() > LONGEST_SEQUENCE) {
        throw bad("sequence", "at most " + LONGEST_SEQUENCE + " characters");
      }
      List<String> chain = new ArrayList<>();
      List<String> unknown = new ArrayList<>();
      for (String name : text.split(";")) {
        if (STAGES.contains(name)) {
          chain.add(name);
        } else if (!name.isEmpty() && !IDLE_STAGES.contains(name)) {
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

    /** A method of sampling that is not here, which 0 turns off. */
    private void unserved(String name) {
      if (has(name) && number(name, -Double.MAX_VALUE, Double.MAX_VALUE, "a number") > 0) {
        note(name, "not supported, and not used");
      }
    }

    private void note(String name, String what) {
      notes.add("key " + PREFIX + name + " = " + brief(name) + ": " + what);
    }

    private <T> T listed(String option, T value) {
      values.add(option + " = " + value);
      return value;
    }

    private boolean has(String name) {
      return metadata.has(PREFIX.concat(name));
    }

    private double integer(String name, double low, double high, String expected) {
      double value = number(name, low, high, expected);
      if (value != Math.rint(value)) {
        throw bad(name, expected);
      }
      return value;
    }

    private double number(String name, double low, double high, String expected) {
      double value =
          metadata.value(PREFIX + name) instanceof GgufValue.Scalar scalar
                  && scalar.toJava() instanceof Number number
              ? number.doubleValue()
              : Double.NaN;
      if (!(value >= low && value <= high)) {
        throw bad(name, expected);
      }
      return value;
    }

    private String brief(String name) {
      return metadata.value(PREFIX + name).describe();
    }

    private ModelFileException bad(String name, String expected) {
      return metadata.error(PREFIX + name, "expected " + expected);
    }
  }
}

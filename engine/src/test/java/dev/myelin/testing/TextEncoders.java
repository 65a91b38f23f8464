package dev.myelin.testing;

import dev.myelin.model.ModelDescription;
import dev.myelin.model.build.Sample;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Random models of samples of {@code bert} and {@code t5} with a vocabulary, in which every lower
 * case letter is a token. Tokens 0, 1 and 2 are unknown, begin and end.
 */
public final class TextEncoders {
  public static final int BEGIN = 1;
  public static final int END = 2;

  private static final String PREFIX = "tokenizer.ggml.";
  private static final int NORMAL = 1;
  private static final int CONTROL = 3;

  private TextEncoders() {}

  /** A sample of an architecture, by the beginning of its name. */
  public static Sample sample(String architecture, String name) {
    return ModelDescription.samples(architecture).stream()
        .filter(sample -> sample.name().startsWith(name))
        .findFirst()
        .orElseThrow();
  }

  /** Writes an encoder with a WordPiece vocabulary. */
  public static Path bert(Sample sample, Path file) {
    model("bert", sample, "[UNK]", "[CLS]", "[SEP]")
        .put(PREFIX + "seperator_token_id", END)
        .put(PREFIX + "bos_token_id", BEGIN)
        .write(file);
    return file;
  }

  /** Writes an encoder-decoder with a unigram vocabulary. */
  public static Path t5(Sample sample, Path file) {
    model("t5", sample, "<unk>", "<s>", "</s>")
        .put(PREFIX + "eos_token_id", END)
        .put(PREFIX + "bos_token_id", BEGIN)
        .put(PREFIX + "scores", new float[(int) sample.keys().get("vocab_size")])
        .write(file);
    return file;
  }

  private static ChangedModel model(String architecture, Sample sample, String... control) {
    List<String> tokens = new ArrayList<>(List.of(control));
    for (char c = 'a'; c <= 'z'; c++) {
      tokens.add("▁" + c);
      tokens.add(String.valueOf(c));
    }
    int size = (int) sample.keys().get("vocab_size");
    while (tokens.size() < size) {
      tokens.add("▁unused" + tokens.size());
    }
    int[] types = new int[size];
    Arrays.fill(types, NORMAL);
    Arrays.fill(types, 0, control.length, CONTROL);
    MemorySegment original = new RandomSample(architecture, sample).writer().toBytes();
    return new ChangedModel(original)
        .put(PREFIX + "model", architecture)
        .put(PREFIX + "tokens", tokens.toArray(String[]::new))
        .put(PREFIX + "token_type", types)
        .put(PREFIX + "unknown_token_id", 0);
  }
}

package dev.myelin.train.vocabulary;

import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.List;

/**
 * A vocabulary learned from text. Immutable.
 *
 * @param preTokenizer {@code tokenizer.ggml.pre}
 * @param tokens by id
 * @param merges of BPE, two tokens with a space between, the first to join first; none of SPM,
 *     where scores take their place
 * @param bos what every document begins with
 * @param eos what every document ends with
 * @param unknown of SPM, what stands for text that cannot be expressed; -1 for none
 */
public record TrainedVocabulary(
    VocabularyKind kind,
    String preTokenizer,
    List<Token> tokens,
    List<String> merges,
    int bos,
    int eos,
    int unknown) {
  private static final String PREFIX = "tokenizer.ggml.";

  /** What a token is for, with the number that GGUF gives it. */
  public enum Type {
    NORMAL(1),
    UNKNOWN(2),
    CONTROL(3),
    BYTE(6);

    private final int number;

    Type(int number) {
      this.number = number;
    }
  }

  /**
   * A token.
   *
   * @param text as a file writes it, {@code ▁the} or {@code Ġthe} for " the"
   * @param score of SPM: of two pieces that could be joined, the one with the higher score is
   */
  public record Token(String text, float score, Type type) {}

  public TrainedVocabulary {
    tokens = List.copyOf(tokens);
    merges = List.copyOf(merges);
  }

  /** How many tokens there are. */
  public int size() {
    return tokens.size();
  }

  /** Adds everything a checkpoint says of its tokenizer. */
  public GgufWriter writeTo(GgufWriter out) {
    boolean spm = kind == VocabularyKind.SPM;
    out.put(PREFIX + "model", kind.ggufName()).put(PREFIX + "pre", preTokenizer);
    out.put(PREFIX + "tokens", tokens.stream().map(Token::text).toArray(String[]::new));
    if (spm) {
      out.put(PREFIX + "scores", scores());
    }
    out.put(PREFIX + "token_type", tokens.stream().mapToInt(t -> t.type().number).toArray());
    if (!spm) {
      out.put(PREFIX + "merges", merges.toArray(String[]::new));
    }
    out.put(PREFIX + "bos_token_id", bos).put(PREFIX + "eos_token_id", eos);
    if (unknown >= 0) {
      out.put(PREFIX + "unknown_token_id", unknown);
    }
    return out.put(PREFIX + "add_bos_token", true)
        .put(PREFIX + "add_eos_token", false)
        .put(PREFIX + "add_space_prefix", spm);
  }

  /** The tokenizer that a checkpoint with this vocabulary would have. */
  public Tokenizer tokenizer() {
    GgufWriter writer = writeTo(new GgufWriter().put("general.architecture", "llama"));
    try (GgufFile file = GgufFile.of(Path.of("trained vocabulary"), writer.toBytes())) {
      return Tokenizer.of(file);
    }
  }

  private float[] scores() {
    float[] scores = new float[tokens.size()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = tokens.get(i).score();
    }
    return scores;
  }
}

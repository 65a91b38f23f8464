package dev.myelin.train.vocabulary;

import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.List;

/**
 * A trained vocabulary. Immutable and thread-safe.
 *
 * @param preTokenizer {@code tokenizer.ggml.pre}
 * @param tokens by id
 * @param merges BPE: pairs of tokens separated by a space, in order of rank; SPM: empty, scores are
 *     used instead
 * @param bos begin-of-sequence token, before every document
 * @param eos end-of-sequence token, after every document
 * @param unknown SPM: token for text that cannot be represented; -1 for none
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

  /** The type of a token, with its number in GGUF. */
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
   * @param text as in the file, {@code ▁the} or {@code Ġthe} for " the"
   * @param score SPM: the piece with the highest score is merged first
   */
  public record Token(String text, float score, Type type) {}

  public TrainedVocabulary {
    tokens = List.copyOf(tokens);
    merges = List.copyOf(merges);
  }

  /** The number of tokens. */
  public int size() {
    return tokens.size();
  }

  /** Adds all tokenizer keys of a checkpoint. */
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

  /** The tokenizer of a checkpoint with this vocabulary. */
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

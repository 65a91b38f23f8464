package dev.myelin.train.vocabulary;

import dev.myelin.error.InvalidRequestException;

/** The kinds of vocabularies that can be learned. */
public enum VocabularyKind {
  /** Characters joined within words, and a token for each byte of what is no piece. */
  SPM("spm", "llama"),

  /** Bytes joined within words that a pre-tokenizer cuts. */
  BPE("bpe", "gpt2");

  private final String shortName;
  private final String ggufName;

  VocabularyKind(String shortName, String ggufName) {
    this.shortName = shortName;
    this.ggufName = ggufName;
  }

  /** How users name it: spm, bpe. */
  public String shortName() {
    return shortName;
  }

  /** What {@code tokenizer.ggml.model} says. */
  String ggufName() {
    return ggufName;
  }

  /**
   * @throws InvalidRequestException if there is none of that name
   */
  public static VocabularyKind forName(String name) {
    for (VocabularyKind kind : values()) {
      if (kind.shortName.equals(name)) {
        return kind;
      }
    }
    throw new InvalidRequestException("tokenizer = " + name + ": expected spm or bpe");
  }
}

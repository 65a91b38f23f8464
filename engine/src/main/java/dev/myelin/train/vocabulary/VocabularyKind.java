package dev.myelin.train.vocabulary;

import dev.myelin.error.InvalidRequestException;

/** The kinds of vocabularies that can be trained. Immutable and thread-safe. */
public enum VocabularyKind {
  /** SentencePiece BPE: merges characters within words; byte tokens for everything else. */
  SPM("spm", "llama"),

  /** Byte-level BPE: merges bytes within the words of a pre-tokenizer. */
  BPE("bpe", "gpt2");

  private final String shortName;
  private final String ggufName;

  VocabularyKind(String shortName, String ggufName) {
    this.shortName = shortName;
    this.ggufName = ggufName;
  }

  /** The name for users: spm, bpe. */
  public String shortName() {
    return shortName;
  }

  /** The value of {@code tokenizer.ggml.model}. */
  String ggufName() {
    return ggufName;
  }

  /**
   * @throws InvalidRequestException if the name is unknown
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

package dev.myelin.tokenizer;

import dev.myelin.error.UnsupportedModelException;
import dev.myelin.gguf.GgufFile;
import java.util.Arrays;
import java.util.stream.Collectors;

/** The kinds of tokenizers by the names that files give them; a new kind is a line here. */
enum TokenizerKind {
  SPM("llama") {
    @Override
    Tokenizer create(GgufFile file) {
      return SpmTokenizer.of(file);
    }
  },
  BPE("gpt2") {
    @Override
    Tokenizer create(GgufFile file) {
      return BpeTokenizer.of(file);
    }
  };

  static final String KEY = "tokenizer.ggml.model";

  private final String ggufName;

  TokenizerKind(String ggufName) {
    this.ggufName = ggufName;
  }

  abstract Tokenizer create(GgufFile file);

  String ggufName() {
    return ggufName;
  }

  static TokenizerKind of(GgufFile file) {
    String name = file.metadata().string(KEY);
    for (TokenizerKind kind : values()) {
      if (kind.ggufName.equals(name)) {
        return kind;
      }
    }
    String known =
        Arrays.stream(values()).map(TokenizerKind::ggufName).collect(Collectors.joining(", "));
    throw new UnsupportedModelException(
        file.path(), "key " + KEY + " = \"" + name + '"', "expected a tokenizer among " + known);
  }
}

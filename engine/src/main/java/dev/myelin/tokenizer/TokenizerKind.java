package dev.myelin.tokenizer;

import dev.myelin.error.UnsupportedModelException;
import dev.myelin.gguf.GgufFile;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The kinds of tokenizers by {@code tokenizer.ggml.model}. To add a kind, add a constant. */
enum TokenizerKind {
  SPM(List.of("llama")) {
    @Override
    Tokenizer create(GgufFile file) {
      return SpmTokenizer.of(file);
    }
  },
  BPE(List.of("gpt2")) {
    @Override
    Tokenizer create(GgufFile file) {
      return BpeTokenizer.of(file);
    }
  },
  WORD_PIECE(List.of("bert")) {
    @Override
    Tokenizer create(GgufFile file) {
      return WordPieceTokenizer.of(file);
    }
  },
  UNIGRAM(List.of("t5")) {
    @Override
    Tokenizer create(GgufFile file) {
      return UnigramTokenizer.of(file);
    }
  },
  ESCAPED_BPE(List.of("gemma4")) {
    @Override
    Tokenizer create(GgufFile file) {
      return EscapedBpeTokenizer.of(file);
    }
  },
  NONE(List.of("no_vocab", "none")) {
    @Override
    Tokenizer create(GgufFile file) {
      return NoTokenizer.of(file);
    }
  };

  static final String KEY = "tokenizer.ggml.model";

  private final List<String> names;

  TokenizerKind(List<String> names) {
    this.names = names;
  }

  abstract Tokenizer create(GgufFile file);

  String ggufName() {
    return names.getFirst();
  }

  static TokenizerKind of(GgufFile file) {
    String name = file.metadata().string(KEY);
    for (TokenizerKind kind : values()) {
      if (kind.names.contains(name)) {
        return kind;
      }
    }
    String known =
        Arrays.stream(values()).flatMap(k -> k.names.stream()).collect(Collectors.joining(", "));
    throw new UnsupportedModelException(
        file.path(), "key " + KEY + " = \"" + name + '"', "expected a tokenizer among " + known);
  }
}

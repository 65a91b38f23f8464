package dev.myelin.inspect;

import dev.myelin.gguf.GgufArray;
import java.util.Optional;

/**
 * The tokenizer of a file, whether Myelin supports it or not. Immutable and thread-safe.
 *
 * @param kind {@code tokenizer.ggml.model}
 * @param preTokenizer {@code tokenizer.ggml.pre}
 * @param tokens vocabulary size
 * @param merges number of BPE merges
 * @param chatTemplate whether the file has a chat template
 */
public record TokenizerSummary(
    String kind, Optional<String> preTokenizer, int tokens, int merges, boolean chatTemplate) {

  static Optional<TokenizerSummary> of(LenientMetadata keys) {
    return keys.string("tokenizer.ggml.model")
        .map(
            kind ->
                new TokenizerSummary(
                    kind,
                    keys.string("tokenizer.ggml.pre"),
                    keys.array("tokenizer.ggml.tokens").map(GgufArray::size).orElse(0),
                    keys.array("tokenizer.ggml.merges").map(GgufArray::size).orElse(0),
                    keys.string("tokenizer.chat_template").isPresent()));
  }
}

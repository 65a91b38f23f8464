package dev.myelin.inspect;

import dev.myelin.gguf.GgufArray;
import java.util.Optional;

/**
 * The tokenizer that a file describes, whether Myelin knows its kind or not.
 *
 * @param kind {@code tokenizer.ggml.model}
 * @param preTokenizer {@code tokenizer.ggml.pre}
 * @param tokens size of the vocabulary
 * @param merges pairs that byte pair encoding merges
 * @param chatTemplate whether the file has one
 */
public record TokenizerSummary(
    String kind, Optional<String> preTokenizer, int tokens, int merges, boolean chatTemplate) {

  static Optional<TokenizerSummary> of(Keys keys) {
    return keys.text("tokenizer.ggml.model")
        .map(
            kind ->
                new TokenizerSummary(
                    kind,
                    keys.text("tokenizer.ggml.pre"),
                    keys.array("tokenizer.ggml.tokens").map(GgufArray::size).orElse(0),
                    keys.array("tokenizer.ggml.merges").map(GgufArray::size).orElse(0),
                    keys.text("tokenizer.chat_template").isPresent()));
  }
}

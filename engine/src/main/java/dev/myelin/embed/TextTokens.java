package dev.myelin.embed;

import dev.myelin.tokenizer.PromptText;
import dev.myelin.tokenizer.PromptText.Span;
import dev.myelin.tokenizer.Tokenizer;
import dev.myelin.tokenizer.Vocabulary;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * The tokens of texts, whose control tokens are plain text, with those that the tokenizer adds.
 * Immutable and thread-safe.
 */
record TextTokens(Tokenizer tokenizer) {
  int[] of(String text) {
    return tokenizer.encode(PromptText.untrusted(text), true);
  }

  /** The tokens of a pair of texts, with what ends a text between them. */
  int[] of(String first, String second) {
    Vocabulary vocabulary = tokenizer.vocabulary();
    List<Span> spans = new ArrayList<>();
    spans.add(new Span(first, false));
    addControl(spans, vocabulary.addsEos(), vocabulary.eos());
    addControl(spans, vocabulary.addsSeparator(), vocabulary.separator());
    spans.add(new Span(second, false));
    return tokenizer.encode(new PromptText(spans), true);
  }

  private void addControl(List<Span> spans, boolean isAdded, OptionalInt token) {
    if (isAdded && token.isPresent()) {
      spans.add(new Span(tokenizer.vocabulary().text(token.getAsInt()), true));
    }
  }
}

package dev.myelin.tokenizer;

import dev.myelin.tokenizer.SpecialTokens.Fragment;
import java.util.Optional;

/** Finds the texts of control tokens in plain text. Immutable and thread-safe. */
public final class ControlTokens {
  private final Vocabulary vocabulary;
  private final SpecialTokens control;

  public ControlTokens(Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
    this.control = new SpecialTokens(vocabulary, TokenAttribute.CONTROL, 0);
  }

  /** The text of the first control token in a text, given as UTF-8. */
  public Optional<String> findFirst(byte[] text) {
    for (Fragment fragment : control.partition(text, TrustedBytes.ALL)) {
      if (!fragment.isText()) {
        return Optional.of(vocabulary.text(fragment.token()));
      }
    }
    return Optional.empty();
  }
}

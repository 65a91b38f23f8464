package dev.myelin.tokenizer;

import dev.myelin.tokenizer.SpecialTokens.Fragment;
import java.util.Optional;

/** Finds the spelling of control tokens in text that is read as plain characters. */
public final class ControlTokens {
  private final Vocabulary vocabulary;
  private final SpecialTokens control;

  public ControlTokens(Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
    this.control = new SpecialTokens(vocabulary, TokenAttribute.CONTROL, 0);
  }

  /** The first control token that the text, as UTF-8, spells. */
  public Optional<String> findFirst(byte[] text) {
    for (Fragment fragment : control.partition(text, TrustedBytes.ALL)) {
      if (!fragment.isText()) {
        return Optional.of(vocabulary.text(fragment.token()));
      }
    }
    return Optional.empty();
  }
}

package dev.myelin.train;

import dev.myelin.model.Model;
import dev.myelin.tokenizer.ControlTokens;
import dev.myelin.tokenizer.Tokenizer;
import dev.myelin.tokenizer.Vocabulary;
import dev.myelin.train.corpus.Document;
import dev.myelin.train.corpus.Passage;
import dev.myelin.train.corpus.Split;
import dev.myelin.train.corpus.TokenData;
import dev.myelin.train.corpus.TokenData.Marks;
import java.util.List;
import java.util.Optional;

/** Documents one after the other, each with BOS before it and EOS after it. */
final class PlainText extends TrainingText {
  private final Split text;
  private final boolean parseSpecial;

  PlainText(Split text, boolean parseSpecial) {
    this.text = text;
    this.parseSpecial = parseSpecial;
  }

  @Override
  Encoded encode(Model model, int threads) {
    Tokenizer tokenizer = model.tokenizer();
    List<String> notes =
        parseSpecial
            ? List.of()
            : spelled(tokenizer.vocabulary()).map(List::of).orElseGet(List::of);
    return new Encoded(
        tokens(text.training(), tokenizer, threads),
        tokens(text.heldOut(), tokenizer, threads),
        false,
        notes);
  }

  private Tokens tokens(List<Document> documents, Tokenizer tokenizer, int threads) {
    Vocabulary vocabulary = tokenizer.vocabulary();
    Marks marks = new Marks(vocabulary.bos().isPresent(), vocabulary.eos().isPresent());
    return new Tokens(
        TokenData.encode(documents, tokenizer, marks, parseSpecial, threads).tokens(), null);
  }

  /** A text that spells a control token was mostly meant to have it. */
  private Optional<String> spelled(Vocabulary vocabulary) {
    ControlTokens control = new ControlTokens(vocabulary);
    for (Document document : text.training()) {
      for (Passage passage : document.passages()) {
        Optional<String> token = control.firstIn(passage.bytes());
        if (token.isPresent()) {
          return Optional.of(
              "%s: spells the control token %s, which is learned as plain characters"
                  .formatted(document.source(), token.get()));
        }
      }
    }
    return Optional.empty();
  }
}

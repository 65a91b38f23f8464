package dev.myelin.train;

import dev.myelin.model.Model;
import dev.myelin.tokenizer.ControlTokens;
import dev.myelin.tokenizer.Tokenizer;
import dev.myelin.tokenizer.Vocabulary;
import dev.myelin.train.corpus.Document;
import dev.myelin.train.corpus.DocumentChunk;
import dev.myelin.train.corpus.TokenStream;
import dev.myelin.train.corpus.TokenStream.BoundaryTokens;
import dev.myelin.train.corpus.ValidationSplit;
import java.util.List;
import java.util.Optional;

/** Concatenated documents as training data, each with BOS before it and EOS after it. */
final class PlainText extends TrainingText {
  private final ValidationSplit text;
  private final boolean parseSpecial;

  PlainText(ValidationSplit text, boolean parseSpecial) {
    this.text = text;
    this.parseSpecial = parseSpecial;
  }

  @Override
  Encoded encode(Model model, int threads) {
    Tokenizer tokenizer = model.tokenizer();
    List<String> notes =
        parseSpecial
            ? List.of()
            : noteControlTokens(tokenizer.vocabulary()).map(List::of).orElseGet(List::of);
    return new Encoded(
        tokens(text.training(), tokenizer, threads),
        tokens(text.validation(), tokenizer, threads),
        false,
        notes);
  }

  private Tokens tokens(List<Document> documents, Tokenizer tokenizer, int threads) {
    Vocabulary vocabulary = tokenizer.vocabulary();
    BoundaryTokens boundary =
        new BoundaryTokens(vocabulary.bos().isPresent(), vocabulary.eos().isPresent());
    return new Tokens(
        TokenStream.encode(documents, tokenizer, boundary, parseSpecial, threads).tokens(), null);
  }

  /** A note if the text spells a control token, which was probably meant to be parsed. */
  private Optional<String> noteControlTokens(Vocabulary vocabulary) {
    ControlTokens control = new ControlTokens(vocabulary);
    for (Document document : text.training()) {
      for (DocumentChunk passage : document.chunks()) {
        Optional<String> token = control.findFirst(passage.bytes());
        if (token.isPresent()) {
          return Optional.of(
              "%s: contains the text of control token %s, which is encoded as plain text"
                  .formatted(document.source(), token.get()));
        }
      }
    }
    return Optional.empty();
  }
}

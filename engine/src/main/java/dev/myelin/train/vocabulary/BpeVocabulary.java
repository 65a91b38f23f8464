package dev.myelin.train.vocabulary;

import dev.myelin.tokenizer.ByteLevelWords;
import dev.myelin.train.corpus.Document;
import dev.myelin.train.vocabulary.TrainedVocabulary.Token;
import dev.myelin.train.vocabulary.TrainedVocabulary.Type;
import java.util.ArrayList;
import java.util.List;

/**
 * Byte-level BPE: the 256 bytes in order, what merges made of them, and {@code <|endoftext|>},
 * which begins and ends documents.
 */
final class BpeVocabulary {
  private static final String END = "<|endoftext|>";
  private static final int BYTES = 256;

  private final VocabularyOptions options;

  BpeVocabulary(VocabularyOptions options) {
    this.options = options;
  }

  TrainedVocabulary train(List<Document> documents) {
    ByteLevelWords words = ByteLevelWords.of(options.preTokenizer());
    if (options.size() < BYTES + 1) {
      throw VocabularyTrainer.tooSmall(
          options.size(), BYTES + 1, "a token for each byte and " + END);
    }
    WordCounts counts =
        VocabularyTrainer.count(
            documents,
            options.threads(),
            (passage, some) ->
                words.split(passage.bytes(), (utf8, from, to) -> some.add(utf8, from, to, 1)));
    PairTrainer trainer =
        new PairTrainer(
            symbols(counts),
            letters(),
            false,
            text -> true,
            options.minimumCount(),
            options.longest());
    List<Pair> merges = trainer.train(options.size() - 1);
    List<String> texts = trainer.texts();
    if (texts.size() + 1 < options.size()) {
      throw VocabularyTrainer.tooLarge(options.size(), texts.size() + 1, options.minimumCount());
    }
    List<Token> tokens = new ArrayList<>();
    texts.forEach(text -> tokens.add(new Token(text, 0, Type.NORMAL)));
    tokens.add(new Token(END, 0, Type.CONTROL));
    int end = tokens.size() - 1;
    return new TrainedVocabulary(
        VocabularyKind.BPE,
        options.preTokenizer(),
        tokens,
        merges.stream().map(BpeVocabulary::merge).toList(),
        end,
        end,
        Pair.NONE);
  }

  private static String merge(Pair pair) {
    return pair.left + " " + pair.text.substring(pair.left.length());
  }

  private static List<String> letters() {
    List<String> letters = new ArrayList<>();
    for (int b = 0; b < BYTES; b++) {
      letters.add(ByteLevelWords.letter((byte) b));
    }
    return letters;
  }

  private static Symbols symbols(WordCounts counts) {
    Symbols symbols = new Symbols();
    for (int b = 0; b < BYTES; b++) {
      symbols.define(b, 1);
    }
    for (int word = 0; word < counts.size(); word++) {
      for (int i = counts.start(word); i < counts.end(word); i++) {
        symbols.add(counts.bytes()[i] & 0xff);
      }
      symbols.endWord(counts.count(word));
    }
    return symbols;
  }
}

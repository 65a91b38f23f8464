package dev.myelin.train.vocabulary;

import dev.myelin.tokenizer.ByteLevelPreTokenizer;
import dev.myelin.train.corpus.Document;
import dev.myelin.train.vocabulary.TrainedVocabulary.Token;
import dev.myelin.train.vocabulary.TrainedVocabulary.Type;
import java.util.ArrayList;
import java.util.List;

/**
 * Trains byte-level BPE. The tokens are the 256 bytes, the merges, and {@code <|endoftext|>}, which
 * begins and ends documents.
 */
final class BpeVocabularyTrainer {
  private static final String END_OF_TEXT = "<|endoftext|>";
  private static final int BYTE_TOKENS = 256;

  private final VocabularyOptions options;

  BpeVocabularyTrainer(VocabularyOptions options) {
    this.options = options;
  }

  TrainedVocabulary train(List<Document> documents) {
    ByteLevelPreTokenizer preTokenizer = ByteLevelPreTokenizer.of(options.preTokenizer());
    if (options.size() < BYTE_TOKENS + 1) {
      throw VocabularyTrainer.tooSmallError(
          options.size(), BYTE_TOKENS + 1, "a token for each byte and " + END_OF_TEXT);
    }
    WordCounts counts =
        VocabularyTrainer.count(
            documents,
            options.threads(),
            (chunk, partial) ->
                preTokenizer.split(
                    chunk.bytes(), (utf8, from, to) -> partial.add(utf8, from, to, 1)));
    MergeTrainer trainer =
        new MergeTrainer(
            symbols(counts),
            alphabet(),
            false,
            text -> true,
            options.minimumCount(),
            options.maxTokenLength());
    List<Pair> merges = trainer.train(options.size() - 1);
    List<String> texts = trainer.texts();
    if (texts.size() + 1 < options.size()) {
      throw VocabularyTrainer.tooLargeError(
          options.size(), texts.size() + 1, options.minimumCount());
    }
    List<Token> tokens = new ArrayList<>();
    texts.forEach(text -> tokens.add(new Token(text, 0, Type.NORMAL)));
    tokens.add(new Token(END_OF_TEXT, 0, Type.CONTROL));
    int end = tokens.size() - 1;
    return new TrainedVocabulary(
        VocabularyKind.BPE,
        options.preTokenizer(),
        tokens,
        merges.stream().map(BpeVocabularyTrainer::mergeText).toList(),
        end,
        end,
        Pair.NONE);
  }

  private static String mergeText(Pair pair) {
    return pair.left + " " + pair.text.substring(pair.left.length());
  }

  private static List<String> alphabet() {
    List<String> characters = new ArrayList<>();
    for (int b = 0; b < BYTE_TOKENS; b++) {
      characters.add(ByteLevelPreTokenizer.character((byte) b));
    }
    return characters;
  }

  private static Symbols symbols(WordCounts counts) {
    Symbols symbols = new Symbols();
    for (int b = 0; b < BYTE_TOKENS; b++) {
      symbols.setLength(b, 1);
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

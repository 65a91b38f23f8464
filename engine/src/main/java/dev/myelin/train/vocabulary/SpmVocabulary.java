package dev.myelin.train.vocabulary;

import dev.myelin.train.corpus.Document;
import dev.myelin.train.vocabulary.TrainedVocabulary.Token;
import dev.myelin.train.vocabulary.TrainedVocabulary.Type;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * SPM by byte-pair encoding, laid out as SentencePiece does: {@code <unk>}, {@code <s>}, {@code
 * </s>}, the bytes, what was joined in that order with scores 0, -1, -2 ..., then the characters of
 * the text, the most frequent first.
 */
final class SpmVocabulary {
  private static final String[] SPECIAL = {"<unk>", "<s>", "</s>"};
  private static final int UNKNOWN = 0;
  private static final int BOS = 1;
  private static final int EOS = 2;
  private static final int BYTES = 256;
  private static final int FIRST = SPECIAL.length + BYTES;

  private final VocabularyOptions options;

  SpmVocabulary(VocabularyOptions options) {
    this.options = options;
  }

  TrainedVocabulary train(List<Document> documents) {
    WordCounts counts =
        VocabularyTrainer.count(
            documents,
            options.threads(),
            (passage, some) -> new SpmWords(some).add(passage.bytes(), passage.isFirst()));
    List<String> characters = Characters.of(counts).covering(options.coverage());
    int least = FIRST + characters.size();
    if (options.size() < least) {
      throw VocabularyTrainer.tooSmall(
          options.size(),
          least,
          "3 special tokens, 256 bytes and the %s characters that cover %s of the text"
              .formatted(characters.size(), options.coverage()));
    }
    PairTrainer trainer =
        new PairTrainer(
            symbols(counts, characters),
            characters,
            true,
            SpmWords::isPiece,
            options.minimumCount(),
            options.longest());
    List<Pair> joined = trainer.train(options.size() - FIRST);
    if (least + joined.size() < options.size()) {
      throw VocabularyTrainer.tooLarge(
          options.size(), least + joined.size(), options.minimumCount());
    }
    return vocabulary(joined, characters);
  }

  private static TrainedVocabulary vocabulary(List<Pair> joined, List<String> characters) {
    List<Token> tokens = new ArrayList<>();
    for (int id = 0; id < SPECIAL.length; id++) {
      tokens.add(new Token(SPECIAL[id], 0, id == UNKNOWN ? Type.UNKNOWN : Type.CONTROL));
    }
    for (int b = 0; b < BYTES; b++) {
      tokens.add(new Token("<0x%02X>".formatted(b), 0, Type.BYTE));
    }
    joined.forEach(pair -> tokens.add(piece(pair.text, tokens.size())));
    characters.forEach(text -> tokens.add(piece(text, tokens.size())));
    return new TrainedVocabulary(
        VocabularyKind.SPM, "default", tokens, List.of(), BOS, EOS, UNKNOWN);
  }

  private static Token piece(String text, int id) {
    return new Token(text, FIRST - id, Type.NORMAL);
  }

  /** The words by numbers of characters; one that is not among them is a gap. */
  private static Symbols symbols(WordCounts counts, List<String> characters) {
    Symbols symbols = new Symbols();
    Map<Integer, Integer> ids = new HashMap<>();
    for (int id = 0; id < characters.size(); id++) {
      ids.put(characters.get(id).codePointAt(0), id);
      symbols.define(id, 1);
    }
    byte[] bytes = counts.bytes();
    for (int word = 0; word < counts.size(); word++) {
      for (int at = counts.start(word); at < counts.end(word); ) {
        int length = SpmWords.length(bytes[at]);
        Integer id = ids.get(SpmWords.codePoint(bytes, at, length));
        if (id == null) {
          symbols.endWord(counts.count(word));
        } else {
          symbols.add(id);
        }
        at += length;
      }
      symbols.endWord(counts.count(word));
    }
    return symbols;
  }
}

package dev.myelin.train.vocabulary;

import dev.myelin.train.corpus.Document;
import dev.myelin.train.vocabulary.TrainedVocabulary.Token;
import dev.myelin.train.vocabulary.TrainedVocabulary.Type;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Trains SentencePiece BPE (SPM). The layout is that of SentencePiece: {@code <unk>}, {@code <s>},
 * {@code </s>}, the byte tokens, the merged pieces with scores 0, -1, -2 ..., then the characters
 * of the text, the most frequent first.
 */
final class SpmVocabularyTrainer {
  private static final String[] SPECIAL = {"<unk>", "<s>", "</s>"};
  private static final int UNKNOWN = 0;
  private static final int BOS = 1;
  private static final int EOS = 2;
  private static final int BYTE_TOKENS = 256;
  private static final int FIRST_PIECE = SPECIAL.length + BYTE_TOKENS;

  private final VocabularyOptions options;

  SpmVocabularyTrainer(VocabularyOptions options) {
    this.options = options;
  }

  TrainedVocabulary train(List<Document> documents) {
    WordCounts counts =
        VocabularyTrainer.count(
            documents,
            options.threads(),
            (chunk, partial) -> new SpmWords(partial).add(chunk.bytes(), chunk.isFirst()));
    List<String> characters = CharacterCounts.of(counts).mostFrequent(options.coverage());
    int minSize = FIRST_PIECE + characters.size();
    if (options.size() < minSize) {
      throw VocabularyTrainer.tooSmallError(
          options.size(),
          minSize,
          "3 special tokens, 256 bytes and the %s characters that cover %s of the text"
              .formatted(characters.size(), options.coverage()));
    }
    MergeTrainer trainer =
        new MergeTrainer(
            symbols(counts, characters),
            characters,
            true,
            SpmWords::isPiece,
            options.minimumCount(),
            options.maxTokenLength());
    List<Pair> merges = trainer.train(options.size() - FIRST_PIECE);
    if (minSize + merges.size() < options.size()) {
      throw VocabularyTrainer.tooLargeError(
          options.size(), minSize + merges.size(), options.minimumCount());
    }
    return vocabulary(merges, characters);
  }

  private static TrainedVocabulary vocabulary(List<Pair> merges, List<String> characters) {
    List<Token> tokens = new ArrayList<>();
    for (int id = 0; id < SPECIAL.length; id++) {
      tokens.add(new Token(SPECIAL[id], 0, id == UNKNOWN ? Type.UNKNOWN : Type.CONTROL));
    }
    for (int b = 0; b < BYTE_TOKENS; b++) {
      tokens.add(new Token("<0x%02X>".formatted(b), 0, Type.BYTE));
    }
    merges.forEach(pair -> tokens.add(piece(pair.text, tokens.size())));
    characters.forEach(text -> tokens.add(piece(text, tokens.size())));
    return new TrainedVocabulary(
        VocabularyKind.SPM, "default", tokens, List.of(), BOS, EOS, UNKNOWN);
  }

  private static Token piece(String text, int id) {
    return new Token(text, FIRST_PIECE - id, Type.NORMAL);
  }

  /** The words as character ids. A character that is not in the vocabulary splits a word. */
  private static Symbols symbols(WordCounts counts, List<String> characters) {
    Symbols symbols = new Symbols();
    Map<Integer, Integer> ids = new HashMap<>();
    for (int id = 0; id < characters.size(); id++) {
      ids.put(characters.get(id).codePointAt(0), id);
      symbols.setLength(id, 1);
    }
    byte[] bytes = counts.bytes();
    for (int word = 0; word < counts.size(); word++) {
      for (int offset = counts.start(word); offset < counts.end(word); ) {
        int length = SpmWords.sequenceLength(bytes[offset]);
        Integer id = ids.get(SpmWords.codePoint(bytes, offset, length));
        if (id == null) {
          symbols.endWord(counts.count(word));
        } else {
          symbols.add(id);
        }
        offset += length;
      }
      symbols.endWord(counts.count(word));
    }
    return symbols;
  }
}

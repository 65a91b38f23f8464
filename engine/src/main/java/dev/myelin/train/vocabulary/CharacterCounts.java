package dev.myelin.train.vocabulary;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Counts the characters of words. */
final class CharacterCounts {
  private final Map<Integer, Long> counts = new HashMap<>();
  private long total;

  private CharacterCounts() {}

  static CharacterCounts of(WordCounts words) {
    CharacterCounts characters = new CharacterCounts();
    byte[] bytes = words.bytes();
    for (int word = 0; word < words.size(); word++) {
      long count = words.count(word);
      for (int offset = words.start(word); offset < words.end(word); ) {
        int length = SpmWords.sequenceLength(bytes[offset]);
        characters.counts.merge(SpmWords.codePoint(bytes, offset, length), count, Long::sum);
        characters.total += count;
        offset += length;
      }
    }
    return characters;
  }

  /**
   * The space marker and the most frequent characters that together cover this fraction of the
   * text: the most frequent first, among equals the lower code point.
   */
  List<String> mostFrequent(double coverage) {
    List<Map.Entry<Integer, Long>> all = new ArrayList<>(counts.entrySet());
    all.sort(
        Map.Entry.<Integer, Long>comparingByValue()
            .reversed()
            .thenComparing(Map.Entry.comparingByKey()));
    List<String> characters = new ArrayList<>();
    long covered = 0;
    for (Map.Entry<Integer, Long> character : all) {
      if (covered < coverage * total || character.getKey() == SpmWords.SPACE_MARKER) {
        characters.add(Character.toString(character.getKey()));
      }
      covered += character.getValue();
    }
    if (!counts.containsKey(SpmWords.SPACE_MARKER)) {
      characters.add(Character.toString(SpmWords.SPACE_MARKER));
    }
    return characters;
  }
}

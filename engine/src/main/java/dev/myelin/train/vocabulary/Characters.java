package dev.myelin.train.vocabulary;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** How often each character of a text occurs within words. */
final class Characters {
  private final Map<Integer, Long> counts = new HashMap<>();
  private long total;

  private Characters() {}

  static Characters of(WordCounts words) {
    Characters characters = new Characters();
    byte[] bytes = words.bytes();
    for (int word = 0; word < words.size(); word++) {
      long count = words.count(word);
      for (int at = words.start(word); at < words.end(word); ) {
        int length = SpmWords.length(bytes[at]);
        characters.counts.merge(SpmWords.codePoint(bytes, at, length), count, Long::sum);
        characters.total += count;
        at += length;
      }
    }
    return characters;
  }

  /**
   * The space marker and the most frequent characters that together make up this part of the text,
   * the most frequent first, of equals the one of the lower code point.
   */
  List<String> covering(double part) {
    List<Map.Entry<Integer, Long>> all = new ArrayList<>(counts.entrySet());
    all.sort(
        Map.Entry.<Integer, Long>comparingByValue()
            .reversed()
            .thenComparing(Map.Entry.comparingByKey()));
    List<String> covering = new ArrayList<>();
    long covered = 0;
    for (Map.Entry<Integer, Long> character : all) {
      if (covered < part * total || character.getKey() == SpmWords.MARKER) {
        covering.add(Character.toString(character.getKey()));
      }
      covered += character.getValue();
    }
    if (!counts.containsKey(SpmWords.MARKER)) {
      covering.add(Character.toString(SpmWords.MARKER));
    }
    return covering;
  }
}

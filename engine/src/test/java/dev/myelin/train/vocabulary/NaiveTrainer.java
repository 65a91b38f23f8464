package dev.myelin.train.vocabulary;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Trains by definition: at every step, tokenizes every word with the current merges and counts all
 * pairs.
 */
final class NaiveTrainer {
  /** A merge of two symbols. */
  record Merge(String left, String right) {
    String text() {
      return left + right;
    }
  }

  private final Map<String, Integer> words;
  private final boolean byText;
  private final int maxLength;
  private final Predicate<String> allowed;
  private final Map<Object, Integer> ranks = new HashMap<>();
  private final List<Merge> merges = new ArrayList<>();

  NaiveTrainer(
      Map<String, Integer> words, boolean byText, int maxLength, Predicate<String> allowed) {
    this.words = words;
    this.byText = byText;
    this.maxLength = maxLength;
    this.allowed = allowed;
  }

  /** Merges until no pair occurs twice or there are {@code maxMerges} merges. */
  List<Merge> train(int maxMerges) {
    while (merges.size() < maxMerges) {
      Map<Object, Integer> counts = new HashMap<>();
      Map<Object, Merge> first = new HashMap<>();
      words.forEach((word, count) -> count(tokenize(word), count, counts, first));
      Object best =
          counts.entrySet().stream()
              .filter(e -> e.getValue() >= 2)
              .min(
                  Comparator.comparingInt((Map.Entry<Object, Integer> e) -> -e.getValue())
                      .thenComparing(e -> first.get(e.getKey()).text())
                      .thenComparing(e -> first.get(e.getKey()).left()))
              .map(Map.Entry::getKey)
              .orElse(null);
      if (best == null) {
        break;
      }
      ranks.put(best, merges.size());
      merges.add(first.get(best));
    }
    return merges;
  }

  /** The symbols of a word: repeatedly merges the leftmost pair of the lowest rank. */
  List<String> tokenize(String word) {
    List<String> symbols =
        new ArrayList<>(
            Arrays.asList(word.codePoints().mapToObj(Character::toString).toArray(String[]::new)));
    while (true) {
      int best = -1;
      int rank = Integer.MAX_VALUE;
      for (int i = 0; i + 1 < symbols.size(); i++) {
        int next = ranks.getOrDefault(key(symbols.get(i), symbols.get(i + 1)), Integer.MAX_VALUE);
        if (next < rank) {
          rank = next;
          best = i;
        }
      }
      if (best < 0) {
        return symbols;
      }
      symbols.set(best, symbols.get(best) + symbols.remove(best + 1));
    }
  }

  private void count(
      List<String> symbols, int count, Map<Object, Integer> counts, Map<Object, Merge> first) {
    for (int i = 0; i + 1 < symbols.size(); i++) {
      Merge merge = new Merge(symbols.get(i), symbols.get(i + 1));
      if (merge.text().codePointCount(0, merge.text().length()) <= maxLength
          && allowed.test(merge.text())) {
        Object key = key(merge.left, merge.right);
        counts.merge(key, count, Integer::sum);
        first.putIfAbsent(key, merge);
      }
    }
  }

  private Object key(String left, String right) {
    return byText ? left + right : new Merge(left, right);
  }
}

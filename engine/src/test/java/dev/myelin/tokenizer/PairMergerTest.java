package dev.myelin.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PairMergerTest {
  /** The naive algorithm: find the best of all pairs, merge it, repeat. */
  private static List<String> mergeNaively(String text, Map<String, Integer> ranks) {
    List<String> symbols = new ArrayList<>();
    text.codePoints().forEach(c -> symbols.add(Character.toString(c)));
    while (true) {
      int best = -1;
      for (int i = 0; i + 1 < symbols.size(); i++) {
        Integer rank = ranks.get(symbols.get(i) + " " + symbols.get(i + 1));
        if (rank != null
            && (best < 0 || rank < ranks.get(symbols.get(best) + " " + symbols.get(best + 1)))) {
          best = i;
        }
      }
      if (best < 0) {
        return symbols;
      }
      symbols.set(best, symbols.get(best) + symbols.remove(best + 1));
    }
  }

  private static List<String> mergeWithPairMerger(String text, Map<String, Integer> ranks) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    PairMerger merger =
        new PairMerger() {
          @Override
          long rank(byte[] bytes, int from, int middle, int to) {
            Integer rank =
                ranks.get(
                    new String(bytes, from, middle - from, StandardCharsets.UTF_8)
                        + " "
                        + new String(bytes, middle, to - middle, StandardCharsets.UTF_8));
            return rank == null ? NO_MERGE : rank;
          }
        };
    merger.merge(utf8, 0, utf8.length);
    List<String> symbols = new ArrayList<>();
    for (int s = merger.first(); s >= 0; s = merger.next(s)) {
      symbols.add(
          new String(
              utf8, merger.start(s), merger.end(s) - merger.start(s), StandardCharsets.UTF_8));
    }
    return symbols;
  }

  @Test
  void matchesNaiveMerger() {
    Random random = new Random(11);
    String[] letters = {"a", "b", "c", "\u00e9", "\ud83d\ude00"};
    for (int round = 0; round < 400; round++) {
      Map<String, Integer> ranks = new HashMap<>();
      List<String> known = new ArrayList<>(List.of(letters));
      for (int i = 0; i < 30; i++) {
        String left = known.get(random.nextInt(known.size()));
        String right = known.get(random.nextInt(known.size()));
        // equal and negative ranks occur: SPM scores map to ranks
        if (ranks.putIfAbsent(left + " " + right, random.nextInt(20) - 10) == null) {
          known.add(left + right);
        }
      }
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(60); i > 0; i--) {
        text.append(letters[random.nextInt(letters.length)]);
      }
      assertThat(mergeWithPairMerger(text.toString(), ranks))
          .as(text.toString())
          .isEqualTo(mergeNaively(text.toString(), ranks));
    }
  }
}

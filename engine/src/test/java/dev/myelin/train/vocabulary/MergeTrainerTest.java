package dev.myelin.train.vocabulary;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The merges in order, compared with a worked example and with a naive trainer. */
class MergeTrainerTest {
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void mergesExampleOfSennrich(boolean byText) {
    // the example of Sennrich et al. 2016; es and st occur 9 times each: the first by text wins
    Map<String, Integer> words = new LinkedHashMap<>();
    words.put("low_", 5);
    words.put("lower_", 2);
    words.put("newest_", 6);
    words.put("widest_", 3);
    List<String> texts = train(words, byText, 10, 16).stream().map(pair -> pair.text).toList();
    // es, est, est_ 9 times; lo, low 7; ew 6, which comes before ne and we of the same word, then
    // ewest_ before new; newest_ 6; low_ 5; dest_ 3, before id and wi
    assertThat(texts)
        .containsExactly(
            "es", "est", "est_", "lo", "low", "ew", "ewest_", "newest_", "low_", "dest_");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void matchesNaiveTrainer(int seed) {
    Random random = new Random(seed);
    int letters = 1 + random.nextInt(4);
    int length = 2 + random.nextInt(30);
    Map<String, Integer> words = new LinkedHashMap<>();
    for (int i = 0; i < 30; i++) {
      StringBuilder word = new StringBuilder();
      for (int j = random.nextInt(length); j >= 0; j--) {
        word.append((char) ('a' + random.nextInt(letters)));
      }
      words.merge(word.toString(), 1 + random.nextInt(5), Integer::sum);
    }
    int maxLength = random.nextBoolean() ? 1000 : 6;
    for (boolean byText : new boolean[] {false, true}) {
      List<String> ours =
          train(words, byText, 150, maxLength).stream()
              .map(pair -> byText ? pair.text : pair.left + " " + pair.text)
              .toList();
      List<String> naive =
          new NaiveTrainer(words, byText, maxLength, text -> true)
              .train(150).stream()
                  .map(join -> byText ? join.text() : join.left() + " " + join.text())
                  .toList();
      // the naive trainer counts merges, not tokens: some merges give no new token
      assertThat(ours.size()).isBetween(4, 1000);
      assertThat(ours).as("by text %s, %s", byText, words).startsWith(naive.toArray(String[]::new));
    }
  }

  @Test
  void returnsNoMergesIfNoPairIsFrequentEnough() {
    assertThat(train(Map.of("a", 5, "b", 1), true, 10, 16)).isEmpty();
    assertThat(train(Map.of("abc", 1), true, 10, 16)).isEmpty();
    assertThat(train(Map.of("abc", 2), true, 10, 1)).isEmpty();
  }

  private static List<Pair> train(
      Map<String, Integer> words, boolean byText, int maxMerges, int maxLength) {
    Symbols symbols = new Symbols();
    List<String> alphabet = new ArrayList<>();
    words
        .keySet()
        .forEach(
            word ->
                word.chars()
                    .mapToObj(Character::toString)
                    .filter(letter -> !alphabet.contains(letter))
                    .forEach(alphabet::add));
    for (int id = 0; id < alphabet.size(); id++) {
      symbols.setLength(id, 1);
    }
    words.forEach(
        (word, count) -> {
          word.chars().forEach(c -> symbols.add(alphabet.indexOf(Character.toString(c))));
          symbols.endWord(count);
        });
    MergeTrainer trainer = new MergeTrainer(symbols, alphabet, byText, text -> true, 2, maxLength);
    List<Pair> merges = trainer.train(alphabet.size() + maxMerges);
    assertThat(trainer.texts()).startsWith(alphabet.toArray(String[]::new)).doesNotHaveDuplicates();
    return merges;
  }
}

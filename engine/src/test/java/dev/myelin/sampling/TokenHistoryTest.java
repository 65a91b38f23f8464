package dev.myelin.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Collections;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenHistoryTest {
  private static final int VOCABULARY = 12;

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 1, 2, 7, 64})
  void countsMatchQueueOfLastN(int lastN) {
    TokenHistory history = new TokenHistory(VOCABULARY, lastN);
    ArrayDeque<Integer> queue = new ArrayDeque<>();
    Random random = new Random(lastN);
    for (int step = 0; step < 500; step++) {
      int token = random.nextInt(VOCABULARY);
      history.accept(token);
      queue.add(token);
      if (lastN >= 0 && queue.size() > lastN) {
        queue.remove();
      }
      assertThat(distinct(history)).isEqualTo(new HashSet<>(queue));
      for (int seen : new HashSet<>(queue)) {
        assertThat(history.count(seen)).isEqualTo(Collections.frequency(queue, seen));
      }
    }
  }

  @Test
  void clearEmptiesWindow() {
    TokenHistory history = new TokenHistory(VOCABULARY, 2);
    history.accept(1);
    history.accept(2);
    history.clear();
    assertThat(distinct(history)).isEmpty();
    history.accept(3);
    history.accept(4);
    history.accept(5);
    assertThat(distinct(history)).containsExactlyInAnyOrder(4, 5);
  }

  private static Set<Integer> distinct(TokenHistory history) {
    Set<Integer> tokens = new HashSet<>();
    for (int i = 0; i < history.distinct(); i++) {
      assertThat(tokens.add(history.token(i))).isTrue();
    }
    return tokens;
  }
}

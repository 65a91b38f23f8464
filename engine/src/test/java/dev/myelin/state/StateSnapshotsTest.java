package dev.myelin.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Which recurrent states are kept, without a model: passes are announced and not computed. */
class StateSnapshotsTest {
  private static final int PAGE = PageTable.PAGE;
  private static final RecurrentState STATE = new RecurrentState(0, 16);
  private static final int SEQUENCES = 3;

  private static StatePool pool(int snapshots, boolean keepsPrefixes) {
    long bytes = snapshots * STATE.bytes() + STATE.bytes() / 2;
    StateOptions options =
        new StateOptions(1 << 14, 512, SEQUENCES, 0, bytes, CacheType.F16, CacheType.F16);
    return new StatePool(new ModelStates(List.of(), List.of(STATE)), options, keepsPrefixes);
  }

  private static void feed(SequenceStates states, int text, int from, int to, int step) {
    int[] tokens = new int[to];
    for (int i = 0; i < to; i++) {
      tokens[i] = i < PAGE ? 0 : text;
    }
    for (int at = from; at < to; at += step) {
      states.begin(at, Math.min(to, at + step));
      states.commit(Math.min(to, at + step), tokens);
    }
  }

  private static boolean has(SequenceStates states, int page) {
    return states.slots().snapshotAt(page * PAGE) != null;
  }

  @Test
  void rewindComputesAboutAsMuchAsItGoesBack() {
    for (boolean keepsPrefixes : new boolean[] {false, true}) {
      try (StatePool pool = pool(200, keepsPrefixes);
          SequenceStates states = pool.open(List.of())) {
        for (int page = 1; page <= 150; page++) {
          int end = page * PAGE;
          feed(states, 1, end - PAGE, end, 32);
          double doublings = Math.log(page) / Math.log(2);
          assertThat(pool.stateSnapshots()).isLessThanOrEqualTo((int) (2 * doublings) + 2);
          int worst = 0;
          for (int back = 1; back <= end; back++) {
            int again = end - back - states.continueAt(end - back);
            worst = Math.max(worst, again - back);
          }
          assertThat(worst)
              .as("page %s, tokens computed more than gone back", page)
              .isLessThan(PAGE);
        }
      }
    }
  }

  @Test
  void endsOfTurnsStay() {
    try (StatePool pool = pool(200, false);
        SequenceStates states = pool.open(List.of())) {
      for (int page = 1; page <= 100; page++) {
        feed(states, 1, (page - 1) * PAGE, page * PAGE, PAGE);
        if (page == 13 || page == 15) {
          states.endTurn();
        }
      }
      assertThat(List.of(has(states, 13), has(states, 14), has(states, 15)))
          .containsExactly(true, false, true);
    }
  }

  @Test
  void withinTheBudgetTheLeastUsefulGoesFirst() {
    try (StatePool pool = pool(4, false);
        SequenceStates states = pool.open(List.of())) {
      for (int page = 1; page <= 150; page++) {
        feed(states, 1, (page - 1) * PAGE, page * PAGE, PAGE);
        if (page == 20) {
          states.endTurn();
        }
        assertThat(pool.stateSnapshots()).isBetween(Math.min(page, 3), 4);
        assertThat(has(states, page)).as("the last one").isTrue();
        assertThat(has(states, 20)).as("end of a turn").isEqualTo(page >= 20);
      }
      for (int page = 1; page <= 150; page++) {
        int again = page - states.continueAt(page * PAGE) / PAGE;
        assertThat(again).as("pages computed again to page %s", page).isLessThan(150 / 2);
      }
    }
  }

  @Test
  void sequenceUsedLongestAgoGoesFirst() {
    try (StatePool pool = pool(6, true);
        SequenceStates first = pool.open(List.of());
        SequenceStates second = pool.open(List.of());
        SequenceStates third = pool.open(List.of())) {
      feed(first, 1, 0, 2 * PAGE, PAGE);
      first.endTurn();
      feed(first, 1, 2 * PAGE, 3 * PAGE, PAGE);
      feed(second, 2, 0, 3 * PAGE, PAGE);
      assertThat(pool.stateSnapshots()).as("the first page is the same").isEqualTo(5);
      feed(second, 2, 3 * PAGE, 3 * PAGE + 1, 1);
      feed(third, 3, 0, 3 * PAGE, PAGE);
      assertThat(has(first, 2)).as("end of a turn of the oldest").isFalse();
      assertThat(has(first, 3)).as("last of the oldest").isTrue();
      assertThat(has(second, 1) && has(second, 2) && has(second, 3)).isTrue();
      feed(third, 3, 3 * PAGE, 4 * PAGE, PAGE);
      assertThat(has(first, 3)).isFalse();
      assertThat(has(third, 2) && has(third, 3) && has(third, 4)).isTrue();
    }
  }

  @Test
  void laterSequencesContinueWhereTheyDiffer() {
    try (StatePool pool = pool(20, true)) {
      int[] tokens = new int[10 * PAGE];
      try (SequenceStates first = pool.open(List.of())) {
        for (int page = 1; page <= 10; page++) {
          first.begin((page - 1) * PAGE, page * PAGE);
          first.commit(page * PAGE, tokens);
        }
      }
      int[] others = tokens.clone();
      others[5 * PAGE + 3] = 1;
      try (SequenceStates second = pool.open(List.of())) {
        int known = second.extend(0, others, 0, others.length);
        assertThat(known).isBetween(2 * PAGE, 5 * PAGE);
        assertThat(second.continueAt(known)).isEqualTo(known);
        assertThat(second.path().pages()).isEqualTo(known / PAGE);
      }
    }
  }

  @Test
  void slotsThatAreCopiedStay() {
    try (StatePool pool = pool(2, false);
        SequenceStates states = pool.open(List.of())) {
      feed(states, 1, 0, 2 * PAGE, PAGE);
      SequencePages pages = new SequencePages(states);
      List<StateBlock> blocks = pages.retain(2 * PAGE);
      assertThat(blocks).hasSize(1);
      int copied = states.slots().at(2 * PAGE);
      for (int page = 3; page < 20; page++) {
        states.begin((page - 1) * PAGE, page * PAGE);
        assertThat(states.writeSlot()).isNotEqualTo(copied);
        states.commit(page * PAGE, new int[page * PAGE]);
      }
      blocks.forEach(StateBlock::release);
    }
  }

  @Test
  void nothingIsLeft() {
    Random random = new Random(1);
    for (int budget : new int[] {0, 1, 3, 40}) {
      for (boolean keepsPrefixes : new boolean[] {false, true}) {
        try (StatePool pool = pool(budget, keepsPrefixes)) {
          SequenceStates[] open = new SequenceStates[SEQUENCES];
          int[] length = new int[SEQUENCES];
          for (int step = 0; step < 400; step++) {
            int i = random.nextInt(SEQUENCES);
            int j = random.nextInt(SEQUENCES);
            if (open[i] == null) {
              boolean forks = open[j] != null;
              length[i] = forks ? random.nextInt(length[j] + 1) : 0;
              open[i] = forks ? open[j].fork(length[i]) : pool.open(List.of());
            } else if (random.nextInt(8) == 0) {
              open[i].close();
              open[i] = null;
            } else {
              if (random.nextInt(4) == 0) {
                length[i] = random.nextInt(length[i] + 1);
              }
              int at = open[i].rewind(length[i]);
              length[i] = at / PAGE * PAGE + random.nextInt(3) * PAGE + random.nextInt(PAGE);
              feed(open[i], random.nextInt(2), at, Math.max(length[i], at), 1 + random.nextInt(99));
              length[i] = Math.max(length[i], at);
            }
            assertThat(pool.stateSnapshots()).isLessThanOrEqualTo(budget);
          }
          for (SequenceStates states : open) {
            if (states != null) {
              states.close();
            }
          }
          int left = pool.stateSnapshots();
          assertThat(pool.recurrent().used()).isEqualTo(left);
          assertThat(left).isEqualTo(keepsPrefixes ? Math.min(left, budget) : 0);
          assertThat(pool.prefixPages() > 0).isEqualTo(left > 0);
        }
      }
    }
  }
}

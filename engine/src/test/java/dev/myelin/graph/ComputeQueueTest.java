package dev.myelin.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ComputeQueueTest {
  private final ComputeQueue queue = new ComputeQueue(4);

  @Test
  void servesInTheOrderOfArrival() throws Exception {
    assertThat(queue.enter(4, () -> false)).isTrue();
    List<Integer> order = Collections.synchronizedList(new ArrayList<>());
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      int number = i;
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    queue.enter(4, () -> false);
                    order.add(number);
                    queue.leave(4);
                  }));
      awaitLength(1 + i);
    }
    assertThat(order).isEmpty();
    queue.leave(4);
    for (Thread t : threads) {
      t.join();
    }
    assertThat(order).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
    assertThat(queue.length() + queue.used()).isZero();
  }

  @Test
  void cancelEndsAWait() throws Exception {
    assertThat(queue.enter(4, () -> false)).isTrue();
    AtomicBoolean cancelled = new AtomicBoolean();
    AtomicBoolean entered = new AtomicBoolean(true);
    Thread waiting = Thread.ofPlatform().start(() -> entered.set(queue.enter(4, cancelled::get)));
    awaitLength(1);
    queue.wake();
    waiting.join(50);
    assertThat(waiting.isAlive()).isTrue();
    cancelled.set(true);
    queue.wake();
    waiting.join();
    assertThat(entered).isFalse();
    queue.leave(4);
    assertThat(queue.length() + queue.used()).isZero();
  }

  @Test
  void itsTurnComesBeforeACancelledOne() {
    // the computation itself ends then
    assertThat(queue.enter(4, () -> true)).isTrue();
    queue.leave(4);
  }

  @Test
  void lightOnesRunTogetherUntilAHeavyOneIsNext() throws Exception {
    for (int i = 0; i < 3; i++) {
      assertThat(queue.enter(1, () -> false)).isTrue();
    }
    AtomicBoolean heavy = new AtomicBoolean();
    Thread waiting =
        Thread.ofPlatform()
            .start(
                () -> {
                  queue.enter(4, () -> false);
                  heavy.set(true);
                  queue.leave(4);
                });
    awaitLength(1);
    Thread later =
        Thread.ofPlatform()
            .start(
                () -> {
                  queue.enter(1, () -> false);
                  assertThat(heavy).as("in the order of arrival").isTrue();
                  queue.leave(1);
                });
    awaitLength(2);
    for (int i = 0; i < 3; i++) {
      assertThat(heavy).isFalse();
      queue.leave(1);
    }
    waiting.join();
    later.join();
    assertThat(heavy).isTrue();
    assertThat(queue.length() + queue.used()).isZero();
  }

  @Test
  void interruptIsKeptAndEndsNothing() throws Exception {
    assertThat(queue.enter(4, () -> false)).isTrue();
    AtomicBoolean interrupted = new AtomicBoolean();
    Thread waiting =
        Thread.ofPlatform()
            .start(
                () -> {
                  queue.enter(4, () -> false);
                  interrupted.set(Thread.currentThread().isInterrupted());
                  queue.leave(4);
                });
    awaitLength(1);
    waiting.interrupt();
    waiting.join(50);
    assertThat(waiting.isAlive()).isTrue();
    queue.leave(4);
    waiting.join();
    assertThat(interrupted).isTrue();
  }

  private void awaitLength(int length) throws InterruptedException {
    while (queue.length() < length) {
      Thread.sleep(1);
    }
  }
}

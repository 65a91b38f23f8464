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
  private final ComputeQueue queue = new ComputeQueue();

  @Test
  void servesInTheOrderOfArrival() throws Exception {
    assertThat(queue.enter(() -> false)).isTrue();
    List<Integer> order = Collections.synchronizedList(new ArrayList<>());
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      int number = i;
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    queue.enter(() -> false);
                    order.add(number);
                    queue.leave();
                  }));
      awaitLength(2 + i);
    }
    assertThat(order).isEmpty();
    queue.leave();
    for (Thread t : threads) {
      t.join();
    }
    assertThat(order).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
    assertThat(queue.length()).isZero();
  }

  @Test
  void cancelEndsAWait() throws Exception {
    assertThat(queue.enter(() -> false)).isTrue();
    AtomicBoolean cancelled = new AtomicBoolean();
    AtomicBoolean entered = new AtomicBoolean(true);
    Thread waiting = Thread.ofPlatform().start(() -> entered.set(queue.enter(cancelled::get)));
    awaitLength(2);
    queue.wake();
    waiting.join(50);
    assertThat(waiting.isAlive()).isTrue();
    cancelled.set(true);
    queue.wake();
    waiting.join();
    assertThat(entered).isFalse();
    queue.leave();
    assertThat(queue.length()).isZero();
  }

  @Test
  void itsTurnComesBeforeACancelledOne() {
    // the computation itself ends then
    assertThat(queue.enter(() -> true)).isTrue();
    queue.leave();
  }

  @Test
  void interruptIsKeptAndEndsNothing() throws Exception {
    assertThat(queue.enter(() -> false)).isTrue();
    AtomicBoolean interrupted = new AtomicBoolean();
    Thread waiting =
        Thread.ofPlatform()
            .start(
                () -> {
                  queue.enter(() -> false);
                  interrupted.set(Thread.currentThread().isInterrupted());
                  queue.leave();
                });
    awaitLength(2);
    waiting.interrupt();
    waiting.join(50);
    assertThat(waiting.isAlive()).isTrue();
    queue.leave();
    waiting.join();
    assertThat(interrupted).isTrue();
  }

  private void awaitLength(int length) throws InterruptedException {
    while (queue.length() < length) {
      Thread.sleep(1);
    }
  }
}

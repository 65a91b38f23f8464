package dev.myelin.concurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.CancelledException;
import dev.myelin.error.InvalidRequestException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class WorkerPoolTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void runsEachItemOnce(int threads) {
    try (WorkerPool pool = new WorkerPool("test", threads)) {
      for (int count : new int[] {0, 1, 3, 1000}) {
        AtomicIntegerArray runs = new AtomicIntegerArray(1000);
        pool.forEach(count, (item, worker) -> runs.incrementAndGet((int) item));
        for (int i = 0; i < 1000; i++) {
          assertThat(runs.get(i)).isEqualTo(i < count ? 1 : 0);
        }
      }
    }
  }

  @Test
  void aWorkerRunsOneItemAtATime() {
    try (WorkerPool pool = new WorkerPool("test", 4)) {
      AtomicIntegerArray busy = new AtomicIntegerArray(pool.threads());
      pool.forEach(
          500,
          (item, worker) -> {
            assertThat(busy.incrementAndGet(worker)).isOne();
            Thread.yield();
            busy.decrementAndGet(worker);
          });
    }
  }

  @Test
  void reportsItemsOfTheCallingThreadOnly() {
    Thread caller = Thread.currentThread();
    AtomicInteger own = new AtomicInteger();
    AtomicInteger reported = new AtomicInteger();
    try (WorkerPool pool = new WorkerPool("test", 3)) {
      pool.forEach(
          200,
          (item, worker) -> {
            assertThat(Thread.currentThread() == caller).isEqualTo(worker == 0);
            if (worker == 0) {
              own.incrementAndGet();
            }
          },
          () -> {
            assertThat(Thread.currentThread()).isSameAs(caller);
            reported.incrementAndGet();
          });
    }
    assertThat(reported.get()).isEqualTo(own.get());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void throwsTheFailureAndStops(int threads) {
    try (WorkerPool pool = new WorkerPool("test", threads)) {
      AtomicInteger running = new AtomicInteger();
      AtomicInteger begun = new AtomicInteger();
      assertThatThrownBy(
              () ->
                  pool.<IOException>forEach(
                      1_000_000,
                      (item, worker) -> {
                        running.incrementAndGet();
                        begun.incrementAndGet();
                        try {
                          if (item == 5) {
                            throw new IOException("item 5");
                          }
                        } finally {
                          running.decrementAndGet();
                        }
                      }))
          .isExactlyInstanceOf(IOException.class)
          .hasMessage("item 5");
      assertThat(running).hasValue(0);
      assertThat(begun.get()).isLessThan(1_000_000);
      AtomicInteger after = new AtomicInteger();
      pool.forEach(10, (item, worker) -> after.incrementAndGet());
      assertThat(after).hasValue(10);
    }
  }

  @Test
  void throwsAnErrorOfAnotherWorkerAsItIs() {
    try (WorkerPool pool = new WorkerPool("test", 2)) {
      CountDownLatch failed = new CountDownLatch(1);
      assertThatThrownBy(
              () ->
                  pool.forEach(
                      2,
                      (item, worker) -> {
                        if (worker == 0) {
                          failed.await();
                        } else {
                          failed.countDown();
                          throw new OutOfMemoryError("test");
                        }
                      }))
          .isExactlyInstanceOf(OutOfMemoryError.class);
    }
  }

  @Test
  void mapsInOrderAndReportsProgress() {
    for (int threads : new int[] {1, 3}) {
      List<Integer> completed = new ArrayList<>();
      assertThat(WorkerPool.map("test", 5, threads, i -> i * i, completed::add))
          .containsExactly(0, 1, 4, 9, 16);
      assertThat(completed).isSorted().last().isEqualTo(5);
    }
    assertThat(WorkerPool.map("test", 0, 2, i -> i, n -> {})).isEmpty();
  }

  @Test
  void mapIsCancelledByAnInterrupt() {
    for (int threads : new int[] {1, 3}) {
      AtomicInteger begun = new AtomicInteger();
      Thread.currentThread().interrupt();
      assertThatThrownBy(
              () ->
                  WorkerPool.map(
                      "reading text", 1_000_000, threads, i -> begun.incrementAndGet(), n -> {}))
          .isInstanceOf(CancelledException.class)
          .hasMessage("interrupted: reading text");
      assertThat(Thread.interrupted()).isTrue();
      assertThat(begun.get()).isLessThan(1_000_000);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1})
  void refusesFewerThanOneThread(int threads) {
    assertThatThrownBy(() -> new WorkerPool("test", threads))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("threads = " + threads);
  }
}

package dev.myelin.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.IllegalUseException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.GgmlType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BackendTest {
  private static final int ROWS = 256;
  private static final int COLUMNS = 40;

  /** A graph with nodes of both kinds. */
  private static Graph graph(boolean nativeKernels) {
    GraphBuilder g = new GraphBuilder();
    Tensor w = g.input("w", GgmlType.F32, ROWS, ROWS);
    Tensor x = g.input("x", GgmlType.F32, ROWS, COLUMNS);
    Tensor y = nativeKernels ? g.kernels().matmul(w, x) : g.matmul(w, x);
    for (int i = 0; i < 4; i++) {
      y = g.add(nativeKernels ? g.kernels().matmul(w, y) : g.matmul(w, y), x);
    }
    g.output("y", y);
    Graph graph = g.build();
    TestGraph random = new TestGraph(7);
    graph.fill("w", random.values(ROWS, ROWS));
    graph.fill("x", random.values(ROWS, COLUMNS));
    return graph;
  }

  private static float[] compute(Backend backend, Graph graph) {
    float[] y = new float[ROWS * COLUMNS];
    assertThat(backend.compute(graph)).isTrue();
    graph.read("y", y);
    return y;
  }

  private static float[] single(boolean nativeKernels) {
    try (Backend backend = Backend.cpu(1);
        Graph graph = graph(nativeKernels)) {
      return compute(backend, graph);
    }
  }

  @Test
  void backendsOnSeveralThreadsHaveTheSameResults() throws Exception {
    for (boolean nativeKernels : new boolean[] {true, false}) {
      float[] expected = single(nativeKernels);
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<?>> all = new ArrayList<>();
        for (int t = 1; t <= 6; t++) {
          // ggml's threads spin: more than cores take long
          int count = nativeKernels ? t : 1 + t % 2;
          int computations = nativeKernels ? 20 : 4;
          all.add(
              threads.submit(
                  () -> {
                    try (Backend backend = Backend.cpu(count);
                        Graph graph = graph(nativeKernels)) {
                      for (int i = 0; i < computations; i++) {
                        assertThat(compute(backend, graph)).isEqualTo(expected);
                      }
                    }
                  }));
        }
        for (Future<?> f : all) {
          f.get();
        }
      }
    }
    assertThat(Backend.QUEUE.length() + Backend.QUEUE.used()).isZero();
  }

  @Test
  void cancelEndsTheWaitForTheTurn() throws Exception {
    for (int threads = 1; threads <= 2; threads++) {
      cancelWhileWaiting(threads);
    }
  }

  private static void cancelWhileWaiting(int threads) throws Exception {
    try (Backend backend = Backend.cpu(threads);
        Graph graph = graph(true)) {
      float[] expected = compute(backend, graph);
      assertThat(Backend.QUEUE.enter(Backend.CAPACITY, () -> false)).isTrue();
      try {
        Future<Boolean> waiting = CompletableFuture.supplyAsync(() -> backend.compute(graph));
        while (Backend.QUEUE.length() < 1) {
          Thread.sleep(1);
        }
        backend.cancel();
        assertThat(waiting.get()).isFalse();
      } finally {
        Backend.QUEUE.leave(Backend.CAPACITY);
      }
      assertThat(backend.compute(graph)).as("cancelled until resume()").isFalse();
      backend.resume();
      assertThat(compute(backend, graph)).isEqualTo(expected);
    }
  }

  @Test
  void closedBackendsComputeNothingAndOthersGoOn() {
    try (Graph graph = graph(false)) {
      Backend first = Backend.cpu(2);
      Backend second = Backend.cpu(3);
      float[] expected = compute(first, graph);
      first.close();
      first.close();
      first.cancel();
      assertThatThrownBy(() -> first.compute(graph)).isInstanceOf(IllegalUseException.class);
      assertThat(compute(second, graph)).isEqualTo(expected);
      second.close();
      try (Backend third = Backend.cpu(4)) {
        assertThat(compute(third, graph)).isEqualTo(expected);
      }
    }
  }

  @Test
  void rejectsNumbersOfThreads() {
    for (int threads : new int[] {-1, 0, Backend.MAX_THREADS + 1}) {
      assertThatThrownBy(() -> Backend.cpu(threads))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("threads = " + threads);
    }
  }

  @Test
  void graphsOfGgmlsOperationsNeedItsThreads() {
    try (Graph mixed = graph(false)) {
      assertThat(mixed.work().needsGgmlThreads()).isTrue();
    }
    try (Graph mixed = graph(true)) {
      boolean isNative = mixed.operations().contains("matmul");
      assertThat(mixed.work().needsGgmlThreads()).isNotEqualTo(isNative);
      assertThat(mixed.operations()).contains(isNative ? "add" : "ADD");
    }
    GraphBuilder g = new GraphBuilder();
    g.output("y", g.square(g.input("x", GgmlType.F32, ROWS)));
    try (Graph small = g.build()) {
      assertThat(small.work().needsGgmlThreads()).isFalse();
    }
  }
}

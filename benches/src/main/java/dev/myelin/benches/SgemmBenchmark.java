package dev.myelin.benches;

import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Backend;
import dev.myelin.graph.Graph;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.graph.TrainingBuilder;
import dev.myelin.natives.CpuInfo;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * f32 GEMM with the shapes of training, Myelin's and ggml's, as a graph of one node. {@code
 * peakFraction} is the fraction of the multiply-adds that as many threads do in registers, measured
 * before each iteration.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 2, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class SgemmBenchmark {
  /** Per sqrt(k), for operands between -1 and 1. */
  private static final double MAX_ERROR = 1e-5;

  /** The ggml operation; a transposed operand is a view. */
  public enum Kind {
    /** [k, n] times [k, m]: the forward pass. */
    MUL_MAT {
      @Override
      Tensor build(GraphBuilder g, Shape s) {
        return g.matmul(
            g.input("a", GgmlType.F32, s.k, s.n, s.batch / s.broadcast),
            g.input("b", GgmlType.F32, s.k, s.m, s.batch));
      }
    },
    /** [n, k] times [m, k]: the gradient of weights. */
    OUT_PROD {
      @Override
      Tensor build(GraphBuilder g, Shape s) {
        return g.outerProduct(
            g.input("a", GgmlType.F32, s.n, s.k, s.batch / s.broadcast),
            g.input("b", GgmlType.F32, s.m, s.k, s.batch));
      }
    },
    /** [n, k] times a transposed [k, m]: the gradient of activations. */
    OUT_PROD_T {
      @Override
      Tensor build(GraphBuilder g, Shape s) {
        Tensor a = g.input("a", GgmlType.F32, s.n, s.k, s.batch / s.broadcast);
        Tensor b = g.input("b", GgmlType.F32, s.k, s.m, s.batch);
        return g.outerProduct(a, g.permute(b, 1, 0, 2, 3));
      }
    };

    abstract Tensor build(GraphBuilder g, Shape s);
  }

  /** Whose kernel. */
  public enum Implementation {
    MYELIN,
    GGML
  }

  /**
   * {@code batch} matmuls of [k, n] and [k, m]; {@code broadcast} of them share the first operand.
   */
  record Shape(long n, long m, long k, long batch, long broadcast) {
    static Shape parse(String text) {
      long[] d = Arrays.stream(text.split("[x/]")).mapToLong(Long::parseLong).toArray();
      return new Shape(d[0], d[1], d[2], d.length > 3 ? d[3] : 1, d.length > 4 ? d[4] : 1);
    }

    double flops() {
      return 2.0 * n * m * k * batch;
    }
  }

  /** Auxiliary counters. */
  @AuxCounters
  @State(Scope.Thread)
  public static class Speed {
    public double peakFraction;
  }

  /** n x m x k [x batch [/ broadcast]]. */
  @Param({
    "1024x2048x384",
    "384x2048x1024",
    "384x384x2048",
    "4096x2048x384",
    "384x2048x4096",
    "256x256x64x64",
    "256x256x32x128/4",
    "64x256x256x64",
    "64x256x256x64/4"
  })
  String shape;

  @Param Kind kind;

  @Param Implementation implementation;

  @Param({"1", "2"})
  int threads;

  private Backend backend;
  private Graph graph;
  private double flops;
  private double peak;

  @Setup
  public void build() {
    backend = Backend.cpu(threads);
    graph = graph(implementation);
    flops = Shape.parse(shape).flops();
    backend.compute(graph);
    try (Graph other =
        graph(
            implementation == Implementation.GGML ? Implementation.MYELIN : Implementation.GGML)) {
      backend.compute(other);
      compare(graph.output("result"), other.output("result"));
    }
  }

  private Graph graph(Implementation implementation) {
    GraphBuilder builder =
        implementation == Implementation.GGML ? new GraphBuilder() : new TrainingBuilder();
    builder.output("result", kind.build(builder, Shape.parse(shape)));
    Graph built = builder.build();
    Random random = new Random(1);
    fill(built.input("a"), random);
    fill(built.input("b"), random);
    return built;
  }

  private static void fill(MemorySegment values, Random random) {
    for (long i = 0; i < values.byteSize() / Float.BYTES; i++) {
      values.setAtIndex(ValueLayout.JAVA_FLOAT, i, 2 * random.nextFloat() - 1);
    }
  }

  private void compare(MemorySegment a, MemorySegment b) {
    double bound = MAX_ERROR * Math.sqrt(Shape.parse(shape).k);
    for (long i = 0; i < a.byteSize() / Float.BYTES; i++) {
      double x = a.getAtIndex(ValueLayout.JAVA_FLOAT, i);
      double y = b.getAtIndex(ValueLayout.JAVA_FLOAT, i);
      Checks.check(Math.abs(x - y) <= bound, "value " + i + ": " + x + " and " + y);
    }
  }

  /**
   * As many multiply-adds as one thread of the GEMM does, so that both see the same disturbance.
   */
  @Setup(Level.Invocation)
  public void measurePeak() {
    long rounds = (long) (flops / threads / CpuInfo.fmaFlops(1));
    long start = System.nanoTime();
    long done = CpuInfo.fmaFlops(rounds);
    peak = threads * done / ((System.nanoTime() - start) * 1e-9);
  }

  @TearDown
  public void close() {
    graph.close();
    backend.close();
  }

  @Benchmark
  public boolean matmul(Speed speed) {
    speed.peakFraction += flops / peak;
    return backend.compute(graph);
  }
}

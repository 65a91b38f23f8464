package dev.myelin.benches;

import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Backend;
import dev.myelin.graph.Graph;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.NativeKernels;
import dev.myelin.graph.Tensor;
import dev.myelin.natives.Isa;
import dev.myelin.plan.MachinePeak;
import dev.myelin.testing.RandomWeights;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
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
 * Matmul of quantised weights and activations, by Myelin's kernels and by ggml's. For few positions
 * one invocation is a graph of as many matmuls as take {@value #COLD_BYTES} bytes of weights, 240
 * at most, so that the weights come from memory, as in a decode step.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 1, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class KernelBenchmark {
  /** Bytes of weights per invocation: more than the CPU caches hold. */
  static final long COLD_BYTES = 256_000_000;

  /** Most matmuls of a graph: ggml plans at most 256 free blocks of memory. */
  private static final int MAX_MATMULS = 240;

  /** Number of positions up to which weights come from memory. */
  static final int MAX_COLD_POSITIONS = 16;

  /** Myelin's best kernels for this CPU, or ggml's for types without one. */
  static final String BEST = "best";

  /** Always ggml's kernels. */
  static final String GGML = "none";

  /**
   * Relative error (L2 norm) between the two: they quantise activations to int8 with different
   * scales.
   */
  private static final double MAX_ERROR = 0.02;

  private static final Set<GgmlType> FLOAT_TYPES =
      EnumSet.of(GgmlType.F16, GgmlType.BF16, GgmlType.F32);

  /** Random values before they repeat; whole rows. */
  private static final int RANDOM_VALUES = 1 << 19;

  /** Auxiliary counters: rates per second, and fractions. */
  @AuxCounters
  @State(Scope.Thread)
  public static class Speed {
    /** Matmuls. */
    public double matmuls;

    /** 1e9 bytes of weights. */
    public double gigabytes;

    /** 1e9 operations; a multiply-add counts as two. */
    public double gigaops;

    /** Fraction of the speed of a plain read of the same weights; 0 if caches may hold them. */
    public double readFraction;

    /**
     * Fraction of the int8 operations (f32 for floating-point weights) that as many threads do in
     * registers.
     */
    public double peakFraction;
  }

  @Param({
    "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL",
    "IQ4_XS", "IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S", "MXFP4", "NVFP4",
    "Q1_0", "Q2_0", "TQ1_0", "TQ2_0", "F16", "BF16", "F32"
  })
  GgmlType type;

  /** n x k: rows of the weights, values per row. */
  @Param({"2048x2048", "8192x2048", "2048x8192"})
  String shape;

  @Param({"1", "2", "4", "8", "16", "512"})
  int positions;

  @Param({"1", "2"})
  int threads;

  /** {@link #BEST}, {@link #GGML}, or the value of MYELIN_ISA. */
  @Param({BEST, GGML})
  String isa;

  private long n;
  private long k;
  private int copies;
  private boolean useNative;
  private MemorySegment weights;
  private Graph graph;
  private Backend backend;
  private MachinePeak machinePeak;
  private double readPeak;
  private double computePeak;

  @Setup
  public void build() {
    String[] d = shape.split("x");
    n = Long.parseLong(d[0]);
    k = Long.parseLong(d[1]);
    boolean supported = NativeKernels.supportedTypes().containsKey(type);
    useNative = supported && !isa.equals(GGML);
    Checks.check(
        isa.equals(BEST) || isa.equals(GGML) || isa.equals(Isa.kernels()),
        "isa = %s: not supported by this CPU, or not the value of MYELIN_ISA; in use: %s"
            .formatted(isa, Isa.kernels()));
    copies =
        positions <= MAX_COLD_POSITIONS
            ? (int) Math.min(MAX_MATMULS, Math.ceilDiv(COLD_BYTES, type.bytes(n * k)))
            : 1;
    SplittableRandom random = new SplittableRandom(1);
    float[] values = new float[RANDOM_VALUES];
    for (int i = 0; i < RANDOM_VALUES; i++) {
      values[i] = (float) random.nextGaussian();
    }
    weights = RandomWeights.quantize(type, values, k);
    machinePeak = new MachinePeak(threads);
    graph = graph(useNative, copies);
    if (supported) {
      compare();
    }
  }

  private Graph graph(boolean useNative, int matmuls) {
    GraphBuilder builder = new GraphBuilder();
    for (int i = 0; i < matmuls; i++) {
      Tensor w = builder.input("w" + i, type, k, n);
      Tensor x = builder.input("x" + i, GgmlType.F32, k, positions);
      Tensor y = useNative ? builder.matmulNative(w, x) : builder.matmul(w, x);
      if (i == matmuls - 1) {
        builder.output("y", y);
      } else {
        builder.expand(y);
      }
    }
    Graph built = builder.build();
    for (int i = 0; i < matmuls; i++) {
      MemorySegment w = built.input("w" + i);
      for (long at = 0; at < w.byteSize(); at += weights.byteSize()) {
        long bytes = Math.min(weights.byteSize(), w.byteSize() - at);
        MemorySegment.copy(weights, 0, w, at, bytes);
      }
      SplittableRandom random = new SplittableRandom(2);
      MemorySegment x = built.input("x" + i);
      for (long j = 0; j < x.byteSize() / Float.BYTES; j++) {
        x.setAtIndex(ValueLayout.JAVA_FLOAT, j, (float) random.nextGaussian());
      }
    }
    return built;
  }

  /** Compares one matmul of this graph with the same one by the other kernel. */
  private void compare() {
    try (Backend cpu = Backend.cpu(threads);
        Graph other = graph(!useNative, 1)) {
      cpu.compute(graph);
      cpu.compute(other);
      MemorySegment actual = graph.output("y");
      MemorySegment expected = other.output("y");
      double squares = 0;
      double differences = 0;
      for (long i = 0; i < actual.byteSize() / Float.BYTES; i++) {
        double x = actual.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        double y = expected.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        squares += y * y;
        differences += (x - y) * (x - y);
      }
      double error = Math.sqrt(differences / squares);
      Checks.check(error <= MAX_ERROR, type + " differs from ggml by " + error);
    }
  }

  /** Before this iteration's backend exists, whose threads spin. */
  @Setup(Level.Iteration)
  public void measurePeaks() {
    // the maximum so far: other processes only lower it
    computePeak =
        Math.max(
            computePeak, FLOAT_TYPES.contains(type) ? machinePeak.f32Ops() : machinePeak.int8Ops());
    readPeak =
        copies > 1
            ? Math.max(readPeak, machinePeak.readBandwidth(allWeights()))
            : Double.POSITIVE_INFINITY;
    backend = Backend.cpu(threads);
    backend.compute(graph);
  }

  private List<MemorySegment> allWeights() {
    return IntStream.range(0, copies).mapToObj(i -> graph.input("w" + i)).toList();
  }

  @TearDown(Level.Iteration)
  public void stopThreads() {
    backend.close();
  }

  @TearDown
  public void close() {
    graph.close();
    machinePeak.close();
  }

  @Benchmark
  public boolean matmul(Speed speed) {
    double bytes = (double) copies * type.bytes(n * k);
    double ops = 2.0 * copies * n * k * positions;
    speed.matmuls += copies;
    speed.gigabytes += bytes * 1e-9;
    speed.gigaops += ops * 1e-9;
    speed.readFraction += bytes / readPeak;
    speed.peakFraction += ops / computePeak;
    return backend.compute(graph);
  }
}

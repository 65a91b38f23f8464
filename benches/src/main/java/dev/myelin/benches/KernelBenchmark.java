package dev.myelin.benches;

import dev.myelin.bindings.KernelsLibrary;
import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Backend;
import dev.myelin.graph.Graph;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.NativeKernels;
import dev.myelin.graph.Tensor;
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
 * Weights times activations: Myelin's own kernels and ggml's. For few positions one invocation is a
 * graph of as many products as take {@value #COLD} bytes of weights, which so come from memory, as
 * in a decode step of a model.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 1, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class KernelBenchmark {
  /** Bytes of weights of an invocation, more than caches hold. */
  static final long COLD = 256_000_000;

  /** Positions up to which weights must come from memory. */
  static final int FEW = 16;

  /** What an engine takes: our kernels, or ggml's where we have none; and always ggml's. */
  static final String BEST = "best";

  static final String GGML = "none";

  /**
   * Of the norm of a result: own kernels and ggml's round activations to int8 with other scales.
   */
  private static final double BOUND = 0.02;

  private static final Set<GgmlType> FLOATS = EnumSet.of(GgmlType.F16, GgmlType.BF16, GgmlType.F32);

  /** Values that are drawn, whole rows; then they repeat. */
  private static final int DRAWN = 1 << 19;

  /** What JMH reports beside the graphs a second: all of it is a second, or a fraction. */
  @AuxCounters
  @State(Scope.Thread)
  public static class Speed {
    /** Products of matrices. */
    public double products;

    /** 1e9 bytes of weights. */
    public double gigabytes;

    /** 1e9 operations, a product and its sum count two. */
    public double gigaops;

    /** Fraction of what a plain read of the same weights reads; 0 where caches may hold them. */
    public double ofRead;

    /**
     * Fraction of the operations, on int8 or for floats on f32, that as many threads do in
     * registers.
     */
    public double ofPeak;
  }

  @Param({
    "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL",
    "IQ4_XS", "MXFP4", "F16", "BF16", "F32"
  })
  GgmlType type;

  /** n x k: rows of the weights, values of a row. */
  @Param({"2048x2048", "8192x2048", "2048x8192"})
  String shape;

  @Param({"1", "2", "4", "8", "16", "512"})
  int positions;

  @Param({"1", "2"})
  int threads;

  /** {@link #BEST}, {@link #GGML}, or what MYELIN_ISA names in the environment too. */
  @Param({BEST, GGML})
  String isa;

  private long n;
  private long k;
  private int copies;
  private boolean own;
  private MemorySegment weights;
  private Graph graph;
  private Backend backend;
  private MachineSpeed machine;
  private double read;
  private double peak;

  @Setup
  public void build() {
    String[] d = shape.split("x");
    n = Long.parseLong(d[0]);
    k = Long.parseLong(d[1]);
    boolean served = NativeKernels.supportedTypes().containsKey(type);
    own = served && !isa.equals(GGML);
    Checks.that(
        isa.equals(BEST) || isa.equals(GGML) || isa.equals(KernelsLibrary.kernels()),
        "isa = %s: this machine lacks it, or MYELIN_ISA does not name it; in use: %s"
            .formatted(isa, KernelsLibrary.kernels()));
    copies = positions <= FEW ? (int) Math.ceilDiv(COLD, type.bytes(n * k)) : 1;
    SplittableRandom random = new SplittableRandom(1);
    float[] drawn = new float[DRAWN];
    for (int i = 0; i < DRAWN; i++) {
      drawn[i] = (float) random.nextGaussian();
    }
    weights = RandomWeights.encode(type, drawn, k);
    machine = new MachineSpeed(threads);
    graph = graph(own, copies);
    if (served) {
      compare();
    }
  }

  private Graph graph(boolean ours, int products) {
    GraphBuilder builder = new GraphBuilder(5 * products + 8);
    for (int i = 0; i < products; i++) {
      Tensor w = builder.input("w" + i, type, k, n);
      Tensor x = builder.input("x" + i, GgmlType.F32, k, positions);
      Tensor y = ours ? builder.matmulNative(w, x) : builder.matmul(w, x);
      if (i == products - 1) {
        builder.output("y", y);
      } else {
        builder.expand(y);
      }
    }
    Graph made = builder.build();
    for (int i = 0; i < products; i++) {
      MemorySegment w = made.input("w" + i);
      for (long at = 0; at < w.byteSize(); at += weights.byteSize()) {
        long bytes = Math.min(weights.byteSize(), w.byteSize() - at);
        MemorySegment.copy(weights, 0, w, at, bytes);
      }
      SplittableRandom random = new SplittableRandom(2);
      MemorySegment x = made.input("x" + i);
      for (long j = 0; j < x.byteSize() / Float.BYTES; j++) {
        x.setAtIndex(ValueLayout.JAVA_FLOAT, j, (float) random.nextGaussian());
      }
    }
    return made;
  }

  /** Runs the graph, and one product by the other's kernel. */
  private void compare() {
    try (Backend some = Backend.cpu(threads);
        Graph other = graph(!own, 1)) {
      some.compute(graph);
      some.compute(other);
      MemorySegment ours = graph.output("y");
      MemorySegment theirs = other.output("y");
      double squares = 0;
      double differences = 0;
      for (long i = 0; i < ours.byteSize() / Float.BYTES; i++) {
        double x = ours.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        double y = theirs.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        squares += y * y;
        differences += (x - y) * (x - y);
      }
      double error = Math.sqrt(differences / squares);
      Checks.that(error <= BOUND, type + " differs from ggml by " + error);
    }
  }

  /** While no thread of a backend spins: each iteration has its own. */
  @Setup(Level.Iteration)
  public void measureMachine() {
    // the best so far: neighbours make it lower only
    peak = Math.max(peak, FLOATS.contains(type) ? machine.f32() : machine.int8());
    read = copies > 1 ? Math.max(read, machine.read(allWeights())) : Double.POSITIVE_INFINITY;
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
    machine.close();
  }

  @Benchmark
  public boolean product(Speed speed) {
    double bytes = (double) copies * type.bytes(n * k);
    double ops = 2.0 * copies * n * k * positions;
    speed.products += copies;
    speed.gigabytes += bytes * 1e-9;
    speed.gigaops += ops * 1e-9;
    speed.ofRead += bytes / read;
    speed.ofPeak += ops / peak;
    return backend.compute(graph);
  }
}

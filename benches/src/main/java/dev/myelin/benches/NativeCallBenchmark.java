package dev.myelin.benches;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.ggml.ggml_init_params;
import dev.myelin.bindings.kernels.Myelin_h;
import dev.myelin.bindings.loader.NativeLibraries;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** The cost of a call from Java to C, which every operation of a graph pays when it is built. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class NativeCallBenchmark {
  /** Functions that do almost nothing. */
  public enum Call {
    /** int to long. */
    GGML_TYPE_SIZE {
      @Override
      long run(MemorySegment unused) {
        return Ggml_h.ggml_type_size(0);
      }
    },
    /** No argument to int. */
    MYELIN_ABI_VERSION {
      @Override
      long run(MemorySegment unused) {
        return Myelin_h.myelin_abi_version();
      }
    },
    /** Pointer to long. */
    GGML_USED_MEM {
      @Override
      long run(MemorySegment context) {
        return Ggml_h.ggml_used_mem(context);
      }
    },
    /** int to a pointer, read as a string. */
    GGML_TYPE_NAME {
      @Override
      long run(MemorySegment unused) {
        return Ggml_h.ggml_type_name(0).getString(0).length();
      }
    };

    abstract long run(MemorySegment context);
  }

  @Param Call call;
  private final Arena arena = Arena.ofConfined();
  private MemorySegment context;

  @Setup
  public void setUp() {
    NativeLibraries.load();
    MemorySegment params = ggml_init_params.allocate(arena);
    ggml_init_params.mem_size(params, 4096);
    ggml_init_params.mem_buffer(params, MemorySegment.NULL);
    ggml_init_params.no_alloc(params, true);
    context = Ggml_h.ggml_init(params);
    long expected =
        switch (call) {
          case GGML_TYPE_SIZE -> 4;
          case MYELIN_ABI_VERSION -> Myelin_h.MYELIN_ABI_VERSION();
          case GGML_USED_MEM -> 0;
          case GGML_TYPE_NAME -> 3;
        };
    Checks.checkEqual(call.run(context), expected, call);
  }

  @TearDown
  public void tearDown() {
    Ggml_h.ggml_free(context);
    arena.close();
  }

  @Benchmark
  public long call() {
    return call.run(context);
  }
}

package dev.myelin.inspect;

import dev.myelin.concurrent.WorkerPool;
import dev.myelin.error.CancelledException;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.graph.Dequantizer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;

/**
 * Computes {@link Histogram}s of tensors. Memory stays flat: values are read from the mapping and
 * turned into floats a piece at a time.
 */
public final class Histograms {
  /** Of a tensor with more values than this, evenly spread rows of so many are looked at. */
  public static final long MOST_VALUES = 1L << 24;

  /** Values at a time: whole blocks of every type, and floats that fit a core's cache. */
  private static final int PIECE = 1 << 14;

  /** Shorter rows of a sample are looked at several at a time. */
  private static final int SHORT_ROW = 256;

  /** Of a value, in any type. */
  private static final int MOST_BYTES = 8;

  private Histograms() {}

  /**
   * Computes those of several tensors, as many at a time as there are threads.
   *
   * @param done told how many are done, in the calling thread
   * @return in the order asked for; empty for a type that has no values to read
   * @throws CancelledException if the calling thread is interrupted
   */
  public static Map<TensorInfo, Optional<Histogram>> of(
      GgufFile file, List<TensorInfo> tensors, int threads, IntConsumer done) {
    List<Optional<Histogram>> histograms =
        WorkerPool.map("histogram", tensors.size(), threads, i -> of(file, tensors.get(i)), done);
    Map<TensorInfo, Optional<Histogram>> byTensor = new LinkedHashMap<>();
    for (int i = 0; i < tensors.size(); i++) {
      byTensor.put(tensors.get(i), histograms.get(i));
    }
    return byTensor;
  }

  /** Computes that of one tensor; empty for a type that has no values to read. */
  public static Optional<Histogram> of(GgufFile file, TensorInfo tensor) {
    return Dequantizer.of(tensor.type()).map(values -> of(file, tensor, values));
  }

  private static Histogram of(GgufFile file, TensorInfo tensor, Dequantizer values) {
    file.watch();
    MemorySegment data = file.data(tensor);
    try (Arena arena = Arena.ofConfined()) {
      Reader reader =
          new Reader(
              tensor,
              data,
              values,
              new float[PIECE],
              arena.allocate(ValueLayout.JAVA_FLOAT, PIECE),
              arena.allocate(MOST_BYTES * PIECE));
      Tally tally = new Tally();
      reader.read(tally::measure);
      tally.range();
      reader.read(tally::count);
      file.requireUnchanged();
      return tally.result(reader.sampled());
    }
  }

  /** Takes the first {@code count} floats. */
  private interface Sink {
    void take(float[] floats, int count);
  }

  private record Reader(
      TensorInfo tensor,
      MemorySegment data,
      Dequantizer values,
      float[] floats,
      MemorySegment work,
      MemorySegment copy) {

    boolean sampled() {
      return tensor.elements() > MOST_VALUES;
    }

    /** Shows every row, or evenly spread ones; rows too long for that by pieces. */
    void read(Sink sink) {
      long row = tensor.dim(0);
      long unit = sampled() ? Math.min(row * Math.max(1, SHORT_ROW / row), PIECE) : PIECE;
      long units = (tensor.elements() + unit - 1) / unit;
      long wanted = Math.min(units, Math.max(1, MOST_VALUES / unit));
      for (long i = 0; i < wanted; i++) {
        long at = wanted == units ? i : (long) ((double) units / wanted * i);
        long from = at * unit;
        int count = (int) Math.min(unit, tensor.elements() - from);
        long start = tensor.type().bytes(from);
        MemorySegment blocks = data.asSlice(start, tensor.type().bytes(count));
        MemorySegment room = work.asSlice(0, (long) count * Float.BYTES);
        MemorySegment.copy(
            values.dequantize(blocks.isNative() ? blocks : copied(blocks), room),
            ValueLayout.JAVA_FLOAT_UNALIGNED,
            0,
            floats,
            0,
            count);
        sink.take(floats, count);
      }
    }

    /** Of a checkpoint on the heap, which native code cannot read. */
    private MemorySegment copied(MemorySegment blocks) {
      return copy.asSlice(0, blocks.byteSize()).copyFrom(blocks);
    }
  }
}

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
 * Computes {@link Histogram}s of tensors. Memory use is constant: values are read from the mapping
 * and dequantized in chunks. Stateless and thread-safe.
 */
public final class Histograms {
  /**
   * Of a tensor with more values, only a sample of evenly spaced rows with this many values is
   * read.
   */
  public static final long MAX_VALUES = 1L << 24;

  /** Values per chunk: whole blocks of every type, and f32 values that fit in the cache. */
  private static final int CHUNK = 1 << 14;

  /** In a sample, several rows shorter than this are read together. */
  private static final int SHORT_ROW = 256;

  /** Largest size of a value, of any type. */
  private static final int MAX_VALUE_BYTES = 8;

  private Histograms() {}

  /**
   * Computes the histograms of several tensors in parallel.
   *
   * @param done receives the number of finished tensors, in the calling thread
   * @return in the order given; empty for a type that cannot be dequantized
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

  /** Computes the histogram of one tensor; empty for a type that cannot be dequantized. */
  public static Optional<Histogram> of(GgufFile file, TensorInfo tensor) {
    return Dequantizer.of(tensor.type()).map(dequantizer -> of(file, tensor, dequantizer));
  }

  private static Histogram of(GgufFile file, TensorInfo tensor, Dequantizer dequantizer) {
    file.watch();
    MemorySegment data = file.data(tensor);
    try (Arena arena = Arena.ofConfined()) {
      Reader reader =
          new Reader(
              tensor,
              data,
              dequantizer,
              new float[CHUNK],
              arena.allocate(ValueLayout.JAVA_FLOAT, CHUNK),
              arena.allocate(MAX_VALUE_BYTES * CHUNK));
      HistogramBuilder counter = new HistogramBuilder();
      reader.read(counter::addToRange);
      counter.setRange();
      reader.read(counter::addToBins);
      file.requireUnchanged();
      return counter.build(reader.isSampled());
    }
  }

  /** Receives the first {@code count} values of {@code floats}. */
  private interface Sink {
    void accept(float[] floats, int count);
  }

  private record Reader(
      TensorInfo tensor,
      MemorySegment data,
      Dequantizer dequantizer,
      float[] floats,
      MemorySegment buffer,
      MemorySegment nativeCopy) {

    boolean isSampled() {
      return tensor.elements() > MAX_VALUES;
    }

    /** Reads every row, or evenly spaced rows; long rows in several chunks. */
    void read(Sink sink) {
      long rowLength = tensor.dim(0);
      long chunk =
          isSampled() ? Math.min(rowLength * Math.max(1, SHORT_ROW / rowLength), CHUNK) : CHUNK;
      long chunks = (tensor.elements() + chunk - 1) / chunk;
      long chunksRead = Math.min(chunks, Math.max(1, MAX_VALUES / chunk));
      for (long i = 0; i < chunksRead; i++) {
        long index = chunksRead == chunks ? i : (long) ((double) chunks / chunksRead * i);
        long offset = index * chunk;
        int count = (int) Math.min(chunk, tensor.elements() - offset);
        long start = tensor.type().bytes(offset);
        MemorySegment blocks = data.asSlice(start, tensor.type().bytes(count));
        MemorySegment target = buffer.asSlice(0, (long) count * Float.BYTES);
        MemorySegment.copy(
            dequantizer.dequantize(blocks.isNative() ? blocks : copyToNative(blocks), target),
            ValueLayout.JAVA_FLOAT_UNALIGNED,
            0,
            floats,
            0,
            count);
        sink.accept(floats, count);
      }
    }

    /** Copies blocks of a checkpoint on the Java heap, which native code cannot read. */
    private MemorySegment copyToNative(MemorySegment blocks) {
      return nativeCopy.asSlice(0, blocks.byteSize()).copyFrom(blocks);
    }
  }
}

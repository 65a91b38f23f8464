package dev.myelin.quantize;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.concurrent.WorkerPool;
import dev.myelin.error.ModelFileException;
import dev.myelin.gguf.DataSource;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.TensorInfo;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Converts one tensor while it is written. Several threads read, check, convert and write chunks of
 * whole rows.
 */
final class TensorConverter implements DataSource {
  /** Approximate elements per chunk: all buffers of a chunk fit in the L2 cache. */
  private static final long CHUNK_ELEMENTS = 1 << 16;

  /** Below this value no f16 scale overflows. */
  private static final int FITS_F16_BITS = Float.floatToRawIntBits(32768f);

  /**
   * Above this value ggml's search for the nearest grid point finds none and aborts the process.
   */
  private static final float MAX_GRID_VALUE = 1e6f;

  /** What all tensors of a conversion share. */
  record Context(
      Path file,
      TensorReader reader,
      WorkerPool pool,
      List<RowBuffers> buffers,
      Progress progress) {}

  /** Receives the progress of a conversion. */
  interface Progress {
    void begin(PlannedTensor tensor);

    /** Adds converted elements. Called by any thread; throws if the conversion is cancelled. */
    void done(long elements);

    /** Reports the progress. Called by the thread that started the conversion. */
    void report();
  }

  private final Context context;
  private final PlannedTensor tensor;
  private final @Nullable Supplier<float[]> importance;
  private final RowConverter fromSource;
  private final RowConverter toTarget;

  /**
   * @param importance supplies the importance of each column of each matrix; null without an
   *     importance matrix
   */
  TensorConverter(Context context, PlannedTensor tensor, @Nullable Supplier<float[]> importance) {
    this.context = context;
    this.tensor = tensor;
    this.importance = importance;
    this.fromSource = RowConverter.of(tensor.source().type());
    this.toTarget = RowConverter.of(tensor.type());
  }

  @Override
  public void writeTo(Sink sink) throws IOException {
    context.progress.begin(tensor);
    TensorInfo info = tensor.source();
    long rows = info.dim(1); // of one matrix: each matrix has its own importances
    long rowsPerChunk = Math.clamp(CHUNK_ELEMENTS / info.dim(0), 1, rows);
    long chunksPerMatrix = Math.ceilDiv(rows, rowsPerChunk);
    long matrices = info.dim(2) * info.dim(3);
    Ggml_h.ggml_quantize_init(tensor.type().id());
    try (Arena arena = Arena.ofShared()) {
      MemorySegment importances =
          importance == null
              ? MemorySegment.NULL
              : arena.allocateFrom(ValueLayout.JAVA_FLOAT, importance.get());
      context.pool.forEach(
          matrices * chunksPerMatrix,
          (index, worker) -> {
            long matrix = index / chunksPerMatrix;
            long row = index % chunksPerMatrix * rowsPerChunk;
            long count = Math.min(rowsPerChunk, rows - row);
            long firstRow = matrix * rows + row;
            sink.writeAt(
                firstRow * tensor.type().bytes(info.dim(0)),
                convertChunk(
                    firstRow,
                    count,
                    importanceOf(importances, matrix),
                    context.buffers.get(worker)));
            context.progress.done(count * info.dim(0));
          },
          context.progress::report);
    }
  }

  private MemorySegment importanceOf(MemorySegment importances, long matrix) {
    TensorInfo info = tensor.source();
    return importance == null
        ? importances
        : importances.asSlice(matrix % info.dim(2) * info.dim(0) * Float.BYTES);
  }

  private MemorySegment convertChunk(
      long firstRow, long rows, MemorySegment columnImportance, RowBuffers buffers) {
    TensorInfo info = tensor.source();
    long rowLength = info.dim(0);
    long elements = rows * rowLength;
    long rowBytes = info.type().bytes(rowLength);
    MemorySegment in = buffers.in(rows * rowBytes);
    context.reader.read(info.part(), info.offset() + firstRow * rowBytes, in);
    if (!fromSource.isConvertible()) {
      return in;
    }
    boolean isFloat = info.type() == GgmlType.F32;
    MemorySegment floats = isFloat ? in : buffers.floats(elements);
    int maxBits = fromSource.toFloats(in, elements, floats, buffers.scratch());
    if (maxBits >= RowConverter.INFINITY_BITS) {
      throw notFinite(floats, firstRow, rowLength);
    }
    if (tensor.isCopied()) {
      return in;
    }
    if (tensor.type().isGrid() && Float.intBitsToFloat(maxBits) > MAX_GRID_VALUE) {
      throw tooLarge(maxBits);
    }
    MemorySegment out = buffers.out(tensor.type().bytes(elements));
    toTarget.fromFloats(floats, rows, rowLength, columnImportance, out);
    if (maxBits >= FITS_F16_BITS || importance != null) {
      MemorySegment dequantized = buffers.floats(elements);
      if (toTarget.toFloats(out, elements, dequantized, buffers.scratch())
          >= RowConverter.INFINITY_BITS) {
        throw tooLarge(maxBits);
      }
    }
    return out;
  }

  private ModelFileException notFinite(MemorySegment floats, long firstRow, long rowLength) {
    long index = 0;
    while (Float.isFinite(floats.getAtIndex(ValueLayout.JAVA_FLOAT, index))) {
      index++;
    }
    return new ModelFileException(
        context.file,
        "tensor "
            + tensor.source().name()
            + ", row "
            + (firstRow + index / rowLength)
            + ", column "
            + index % rowLength
            + ": "
            + floats.getAtIndex(ValueLayout.JAVA_FLOAT, index),
        "expected a finite number");
  }

  private ModelFileException tooLarge(int maxBits) {
    return new ModelFileException(
        context.file,
        "tensor " + tensor.source().name() + " has values up to " + Float.intBitsToFloat(maxBits),
        "too large for " + tensor.type().ggmlName());
  }
}

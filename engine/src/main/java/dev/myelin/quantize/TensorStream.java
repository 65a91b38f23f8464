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
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Converts one tensor as it is written: pieces of whole rows, read, checked, converted and written
 * by several threads, each piece to its place.
 */
final class TensorStream implements DataSource {
  /** About so many elements are a piece: all its buffers fit into a core's own cache. */
  private static final long PIECE = 1 << 16;

  /** Scales of 16 bits hold what is below. */
  private static final int SAFE = Float.floatToRawIntBits(32768f);

  /** Beyond it ggml's search for the nearest point of a grid finds none, and ends the process. */
  private static final float GRID_LIMIT = 1e6f;

  private static final Set<GgmlType> GRIDS =
      EnumSet.of(
          GgmlType.IQ1_S,
          GgmlType.IQ1_M,
          GgmlType.IQ2_XXS,
          GgmlType.IQ2_XS,
          GgmlType.IQ2_S,
          GgmlType.IQ3_XXS,
          GgmlType.IQ3_S);

  /** Where a tensor's data come from, who converts them, and who is told. */
  record Context(
      Path file, TensorSource source, WorkerPool pool, List<RowBuffers> buffers, Steps steps) {}

  /** Told of each piece done. */
  interface Steps {
    void begin(PlannedTensor tensor);

    /** A piece is done; any thread. Throws to end the work. */
    void done(long elements);

    /** Called by the thread that waits. */
    void show();
  }

  private final Context context;
  private final PlannedTensor tensor;
  private final Supplier<float[]> weights;
  private final RowConverter reader;
  private final RowConverter writer;

  /**
   * @param weights importance by column of each matrix, made when they are needed; null without
   */
  TensorStream(Context context, PlannedTensor tensor, Supplier<float[]> weights) {
    this.context = context;
    this.tensor = tensor;
    this.weights = weights;
    this.reader = RowConverter.of(tensor.source().type());
    this.writer = RowConverter.of(tensor.type());
  }

  @Override
  public void writeTo(Sink sink) throws IOException {
    context.steps.begin(tensor);
    TensorInfo info = tensor.source();
    long rows = info.dim(1); // of one matrix: each has importances of its own
    long rowsAPiece = Math.clamp(PIECE / info.dim(0), 1, rows);
    long piecesAMatrix = Math.ceilDiv(rows, rowsAPiece);
    long matrices = info.dim(2) * info.dim(3);
    Ggml_h.ggml_quantize_init(tensor.type().id());
    try (Arena arena = Arena.ofShared()) {
      MemorySegment importance =
          weights == null
              ? MemorySegment.NULL
              : arena.allocateFrom(ValueLayout.JAVA_FLOAT, weights.get());
      context.pool.forEach(
          matrices * piecesAMatrix,
          (index, worker) -> {
            long matrix = index / piecesAMatrix;
            long from = index % piecesAMatrix * rowsAPiece;
            long count = Math.min(rowsAPiece, rows - from);
            long first = matrix * rows + from;
            sink.writeAt(
                first * tensor.type().bytes(info.dim(0)),
                piece(first, count, column(importance, matrix), context.buffers.get(worker)));
            context.steps.done(count * info.dim(0));
          },
          context.steps::show);
    }
  }

  private MemorySegment column(MemorySegment importance, long matrix) {
    TensorInfo info = tensor.source();
    return weights == null
        ? importance
        : importance.asSlice(matrix % info.dim(2) * info.dim(0) * Float.BYTES);
  }

  private MemorySegment piece(long first, long rows, MemorySegment importance, RowBuffers buffers) {
    TensorInfo info = tensor.source();
    long row = info.dim(0);
    long elements = rows * row;
    long rowBytes = info.type().bytes(row);
    MemorySegment in = buffers.in(rows * rowBytes);
    context.source.read(info.part(), info.offset() + first * rowBytes, in);
    if (!reader.isReadable()) {
      return in;
    }
    boolean asTheyAre = info.type() == GgmlType.F32;
    MemorySegment floats = asTheyAre ? in : buffers.floats(elements);
    int largest = reader.toFloats(in, elements, floats, buffers.scratch());
    if (largest >= RowConverter.INFINITE) {
      throw notFinite(floats, first, row);
    }
    if (tensor.isCopied()) {
      return in;
    }
    if (GRIDS.contains(tensor.type()) && Float.intBitsToFloat(largest) > GRID_LIMIT) {
      throw tooLarge(largest);
    }
    MemorySegment out = buffers.out(tensor.type().bytes(elements));
    writer.fromFloats(floats, rows, row, importance, out);
    if (largest >= SAFE || weights != null) {
      MemorySegment again = buffers.floats(elements);
      if (writer.toFloats(out, elements, again, buffers.scratch()) >= RowConverter.INFINITE) {
        throw tooLarge(largest);
      }
    }
    return out;
  }

  private ModelFileException notFinite(MemorySegment floats, long first, long row) {
    long at = 0;
    while (Float.isFinite(floats.getAtIndex(ValueLayout.JAVA_FLOAT, at))) {
      at++;
    }
    return new ModelFileException(
        context.file,
        "tensor "
            + tensor.source().name()
            + ", row "
            + (first + at / row)
            + ", column "
            + at % row
            + ": "
            + floats.getAtIndex(ValueLayout.JAVA_FLOAT, at),
        "expected a finite number");
  }

  private ModelFileException tooLarge(int largest) {
    return new ModelFileException(
        context.file,
        "tensor " + tensor.source().name() + " has values up to " + Float.intBitsToFloat(largest),
        "too large for " + tensor.type().ggmlName());
  }
}

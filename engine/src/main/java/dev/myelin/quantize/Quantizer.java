package dev.myelin.quantize;

import dev.myelin.concurrent.WorkerPool;
import dev.myelin.error.CancelledException;
import dev.myelin.error.ModelFileException;
import dev.myelin.file.FileId;
import dev.myelin.gguf.DataSource;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufValueType;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.gguf.Metadata;
import dev.myelin.graph.Ggml;
import dev.myelin.natives.CpuInfo;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Converts a checkpoint to other types. The output is byte for byte that of llama.cpp 0.5.0. Memory
 * use does not depend on the size of the model: rows are read, converted and written in chunks.
 *
 * <p>Confined to one thread at a time, except {@link #cancel}.
 */
public final class Quantizer {
  private static final String FILE_TYPE = "general.file_type";
  private static final String QUANTIZATION_VERSION = "general.quantization_version";
  private static final String ALIGNMENT = "general.alignment";
  private static final String IMATRIX_PREFIX = "quantize.imatrix.";

  /** Version of the block formats: ggml's GGML_QNT_VERSION. */
  private static final int FORMAT_VERSION = 2;

  private static final Set<String> SPLIT_KEYS =
      Set.of("split.no", "split.count", "split.tensors.count");

  private final QuantizeOptions options;
  private volatile boolean cancelled;

  public Quantizer(QuantizeOptions options) {
    this.options = options;
  }

  /**
   * Plans a conversion without converting anything.
   *
   * @throws ModelFileException if a tensor cannot be converted; it names the tensor
   */
  public QuantizePlan plan(Path in) {
    try (GgufFile file = GgufFile.open(in)) {
      return new Planner(file, options, true).plan();
    }
  }

  /**
   * Converts a checkpoint.
   *
   * @param in a GGUF file, or any part of a split checkpoint
   * @param out the file to write; it replaces an existing file only when it is complete and synced
   *     to disk
   * @return the type of each tensor
   * @throws ModelFileException if a file or a tensor's values are invalid
   * @throws dev.myelin.error.InvalidRequestException if the options do not suit the model
   * @throws CancelledException if {@link #cancel} was called; then no file is written
   */
  public QuantizePlan run(Path in, Path out, QuantizeListener listener) {
    Ggml.require();
    try (GgufFile file = GgufFile.open(in)) {
      checkNotInput(file, out);
      Planner planner = new Planner(file, options, false);
      QuantizePlan plan = planner.plan();
      int threads = options.threads() == 0 ? CpuInfo.physicalCores() : options.threads();
      ProgressReporter progress = new ProgressReporter(plan.parameters(), listener);
      try (TensorReader reader = new TensorReader(file.files());
          Arena arena = Arena.ofShared();
          WorkerPool pool = new WorkerPool("quantize", threads)) {
        List<RowBuffers> buffers =
            Stream.generate(() -> new RowBuffers(arena)).limit(threads).toList();
        TensorConverter.Context context =
            new TensorConverter.Context(file.path(), reader, pool, buffers, progress);
        GgufWriter writer = new GgufWriter();
        putMetadata(writer, file.metadata());
        for (PlannedTensor tensor : plan.tensors()) {
          Supplier<float[]> importance = () -> planner.importance(tensor.source());
          DataSource converter =
              new TensorConverter(context, tensor, tensor.hasImportance() ? importance : null);
          writer.tensor(
              tensor.source().name(),
              tensor.type(),
              shape(tensor),
              sink -> {
                converter.writeTo(sink);
                file.requireUnchanged();
              });
        }
        writer.write(out);
      }
      return plan;
    }
  }

  /** Cancels the running conversion and every later one. May be called from any thread. */
  public void cancel() {
    cancelled = true;
  }

  private static void checkNotInput(GgufFile file, Path out) {
    for (Path part : file.files()) {
      if (FileId.of(out).equals(FileId.of(part)) && FileId.of(out).isPresent()) {
        throw new ModelFileException(
            out, "is part of the checkpoint to convert", "expected another file to write");
      }
    }
  }

  /** Copies the input's metadata in order, then adds the keys of this conversion. */
  private void putMetadata(GgufWriter writer, Metadata metadata) {
    for (String key : metadata.keys()) {
      if (key.equals(ALIGNMENT)) {
        writer.alignment(metadata.u32(key));
      } else if (!SPLIT_KEYS.contains(key) && !isReplaced(key)) {
        writer.put(key, metadata.value(key));
      }
    }
    writer.put(QUANTIZATION_VERSION, FORMAT_VERSION);
    if (!options.copy()) {
      writer.put(FILE_TYPE, options.mix().fileType());
    } else if (metadata.has(FILE_TYPE)) {
      writer.put(FILE_TYPE, metadata.value(FILE_TYPE));
    }
    if (options.importance() != null && !options.copy()) {
      putImportance(writer);
    }
  }

  private boolean isReplaced(String key) {
    return key.equals(QUANTIZATION_VERSION)
        || key.equals(FILE_TYPE)
        || (options.importance() != null && !options.copy() && key.startsWith(IMATRIX_PREFIX));
  }

  private void putImportance(GgufWriter writer) {
    if (options.importanceFile() != null) {
      writer.put(IMATRIX_PREFIX + "file", options.importanceFile());
    }
    if (!options.importance().datasets().isEmpty()) {
      writer.put(IMATRIX_PREFIX + "dataset", options.importance().datasets().getFirst());
    }
    writer.put(IMATRIX_PREFIX + "entries_count", options.importance().entries().size());
    int chunks = options.importance().chunks();
    if (chunks > 0) {
      writer.put(IMATRIX_PREFIX + "chunks_count", GgufValueType.U32, chunks);
    }
  }

  /** The shape without trailing dimensions of 1, as ggml counts them. */
  private static long[] shape(PlannedTensor tensor) {
    int rank = Math.max(1, tensor.source().rank());
    while (rank > 1 && tensor.source().dim(rank - 1) == 1) {
      rank--;
    }
    long[] shape = new long[rank];
    for (int i = 0; i < rank; i++) {
      shape[i] = tensor.source().dim(i);
    }
    return shape;
  }

  private final class ProgressReporter implements TensorConverter.Progress {
    private final long total;
    private final QuantizeListener listener;
    private final AtomicLong done = new AtomicLong();
    private int tensorsStarted;

    ProgressReporter(long total, QuantizeListener listener) {
      this.total = total;
      this.listener = listener;
    }

    @Override
    public void begin(PlannedTensor tensor) {
      checkCancelled();
      listener.tensor(tensor, tensorsStarted++);
      report();
    }

    @Override
    public void done(long elements) {
      checkCancelled();
      done.addAndGet(elements);
    }

    @Override
    public void report() {
      listener.progress(done.get(), total);
    }

    private void checkCancelled() {
      if (cancelled) {
        throw new CancelledException("cancelled");
      }
    }
  }
}

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
import dev.myelin.natives.KernelsLibrary;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Converts a checkpoint to other types, byte for byte as llama.cpp 0.5.0 does. Memory use does not
 * depend on the size of the model: rows are converted as they are read, and written as they come.
 *
 * <p>One conversion at a time; {@link #cancel} may be called from any thread.
 */
public final class Quantizer {
  private static final String FILE_TYPE = "general.file_type";
  private static final String VERSION = "general.quantization_version";
  private static final String ALIGNMENT = "general.alignment";
  private static final String IMATRIX = "quantize.imatrix.";

  /** Version of the block formats, ggml's GGML_QNT_VERSION. */
  private static final int FORMAT_VERSION = 2;

  private static final Set<String> SPLIT = Set.of("split.no", "split.count", "split.tensors.count");

  private final QuantizeOptions options;
  private volatile boolean cancelled;

  public Quantizer(QuantizeOptions options) {
    this.options = options;
  }

  /**
   * What would become of a checkpoint, without converting anything.
   *
   * @throws ModelFileException naming a tensor that cannot be converted so
   */
  public QuantizePlan plan(Path in) {
    try (GgufFile file = GgufFile.open(in)) {
      return new Planner(file, options, true).plan();
    }
  }

  /**
   * Converts a checkpoint.
   *
   * @param in a GGUF file; of a split checkpoint any part
   * @param out where the new one goes, a single file; it appears when it is complete and on the
   *     disk, and replaces an older file of that name
   * @return what became of each tensor
   * @throws ModelFileException naming what is wrong with a file, or with a tensor's values
   * @throws dev.myelin.error.InvalidRequestException if the options do not suit the model
   * @throws CancelledException if {@link #cancel} was called; nothing was written then
   */
  public QuantizePlan run(Path in, Path out, QuantizeListener listener) {
    Ggml.require();
    try (GgufFile file = GgufFile.open(in)) {
      checkApart(file, out);
      Planner planner = new Planner(file, options, false);
      QuantizePlan plan = planner.plan();
      int threads = options.threads() == 0 ? KernelsLibrary.physicalCores() : options.threads();
      Steps steps = new Steps(plan.parameters(), listener);
      try (TensorSource source = new TensorSource(file.files());
          Arena arena = Arena.ofShared();
          WorkerPool pool = new WorkerPool("quantize", threads)) {
        List<RowBuffers> buffers =
            Stream.generate(() -> new RowBuffers(arena)).limit(threads).toList();
        TensorStream.Context context =
            new TensorStream.Context(file.path(), source, pool, buffers, steps);
        GgufWriter writer = new GgufWriter();
        putMetadata(writer, file.metadata());
        for (PlannedTensor tensor : plan.tensors()) {
          Supplier<float[]> weights = () -> planner.weights(tensor.source());
          DataSource stream = new TensorStream(context, tensor, tensor.weighted() ? weights : null);
          writer.tensor(
              tensor.source().name(),
              tensor.type(),
              shape(tensor),
              sink -> {
                stream.writeTo(sink);
                file.requireUnchanged();
              });
        }
        writer.write(out);
      }
      return plan;
    }
  }

  /** Ends the running conversion soon, and every later one; any thread. */
  public void cancel() {
    cancelled = true;
  }

  private static void checkApart(GgufFile file, Path out) {
    for (Path part : file.files()) {
      if (FileId.of(out).equals(FileId.of(part)) && FileId.of(out).isPresent()) {
        throw new ModelFileException(
            out, "this is the checkpoint to convert", "expected another file to write");
      }
    }
  }

  /** Those of the checkpoint in their order, then what this conversion says of itself. */
  private void putMetadata(GgufWriter writer, Metadata metadata) {
    for (String key : metadata.keys()) {
      if (key.equals(ALIGNMENT)) {
        writer.alignment(metadata.u32(key));
      } else if (!SPLIT.contains(key) && !isReplaced(key)) {
        writer.put(key, metadata.value(key));
      }
    }
    writer.put(VERSION, FORMAT_VERSION);
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
    return key.equals(VERSION)
        || key.equals(FILE_TYPE)
        || (options.importance() != null && !options.copy() && key.startsWith(IMATRIX));
  }

  private void putImportance(GgufWriter writer) {
    if (options.importanceFile() != null) {
      writer.put(IMATRIX + "file", options.importanceFile());
    }
    if (!options.importance().datasets().isEmpty()) {
      writer.put(IMATRIX + "dataset", options.importance().datasets().getFirst());
    }
    writer.put(IMATRIX + "entries_count", options.importance().entries().size());
    int chunks = options.importance().chunks();
    if (chunks > 0) {
      writer.put(IMATRIX + "chunks_count", GgufValueType.U32, chunks);
    }
  }

  /** Without dimensions of 1 at its end, as ggml counts them. */
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

  private final class Steps implements TensorStream.Steps {
    private final long total;
    private final QuantizeListener listener;
    private final AtomicLong done = new AtomicLong();
    private int tensors;

    Steps(long total, QuantizeListener listener) {
      this.total = total;
      this.listener = listener;
    }

    @Override
    public void begin(PlannedTensor tensor) {
      check();
      listener.tensor(tensor, tensors++);
      show();
    }

    @Override
    public void done(long elements) {
      check();
      done.addAndGet(elements);
    }

    @Override
    public void show() {
      listener.progress(done.get(), total);
    }

    private void check() {
      if (cancelled) {
        throw new CancelledException("cancelled");
      }
    }
  }
}

package dev.myelin.plan;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.inspect.CacheCost;
import dev.myelin.inspect.Inspection;
import dev.myelin.inspect.ModelShape;
import dev.myelin.state.CacheType;
import dev.myelin.state.KvCache;
import dev.myelin.state.KvState;
import dev.myelin.state.ModelStates;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the context length and the cache type of a session so that the process stays within a
 * number of bytes. Reads the header of the model only. Immutable and thread-safe.
 *
 * @param options of the session, with the context length, the cache type and the memory for
 *     snapshots of recurrent states chosen
 * @param need what the process needs with them
 */
public record MemoryBudget(SessionOptions options, Need need) {
  /** The JVM's heap, code, classes and libraries: measured up to 112 MB (docs/edge.md). */
  private static final long BASE_BYTES = 112L << 20;

  /**
   * Bytes that a process needs.
   *
   * @param weightBytes the model's files, which are mapped
   * @param cacheBytes the full KV cache, and the recurrent states, without snapshots of them
   * @param bufferBytes intermediate tensors of a full batch: an upper bound
   * @param baseBytes the JVM and the libraries
   */
  public record Need(long weightBytes, long cacheBytes, long bufferBytes, long baseBytes) {
    public long totalBytes() {
      return weightBytes + cacheBytes + bufferBytes + baseBytes;
    }
  }

  /**
   * Chooses the first of {@code types} with which everything fits; else the last one, with as much
   * context as fits. Snapshots of recurrent states have what is left at most.
   *
   * @param requested a context length other than 0 is kept
   * @param types cache types to choose from, preferred ones first
   * @param bytes the budget
   * @throws InvalidRequestException if the model does not fit, with the bytes that it needs
   */
  public static MemoryBudget choose(
      Checkpoint model, SessionOptions requested, List<CacheType> types, long bytes) {
    Inspection file = Inspection.of(model);
    MemoryBudget choice = chooseCache(model, file, requested, types, bytes);
    if (recurrentBytes(file) == 0) {
      return choice;
    }
    long left = bytes - choice.need.totalBytes();
    long snapshots = Math.min(left, requested.snapshotBytes());
    return new MemoryBudget(choice.options.withSnapshotBytes(snapshots), choice.need);
  }

  private static MemoryBudget chooseCache(
      Checkpoint model,
      Inspection file,
      SessionOptions requested,
      List<CacheType> types,
      long bytes) {
    int context = requested.contextLength();
    if (context == 0) {
      context = Math.min(file.shape().contextLength().orElse(0), SessionOptions.DEFAULT_CONTEXT);
      context = context < 1 ? SessionOptions.DEFAULT_CONTEXT : context;
    }
    @Nullable MemoryBudget last = null;
    for (CacheType type : types) {
      if (isSupported(file, type)) {
        last = of(file, requested.withCacheType(type).withContextLength(context));
        if (last.need.totalBytes() <= bytes) {
          return last;
        }
      }
    }
    if (last == null) {
      throw new InvalidRequestException(
          "%s: its heads suit none of the cache types %s".formatted(model.path(), types));
    }
    if (requested.contextLength() == 0) {
      last = withContextThatFits(file, last.options, bytes);
    }
    if (last.need.totalBytes() > bytes) {
      throw tooLarge(model, last, bytes);
    }
    return last;
  }

  /** With the longest context that fits and fills its cells; the shortest one if none does. */
  private static MemoryBudget withContextThatFits(
      Inspection file, SessionOptions options, long bytes) {
    long step = KvCache.cells(1);
    long cells = KvCache.cells(options.contextLength());
    MemoryBudget choice;
    do {
      int context = (int) Math.min(options.contextLength(), cells);
      choice = of(file, options.withContextLength(context));
      cells -= step;
    } while (choice.need.totalBytes() > bytes && cells > 0);
    return choice;
  }

  private static MemoryBudget of(Inspection file, SessionOptions options) {
    long cache = file.cache().map(c -> cacheBytes(c, options)).orElse(0L);
    // one that is read, and one that is written
    cache += 2 * recurrentBytes(file);
    return new MemoryBudget(
        options, new Need(file.fileBytes(), cache, bufferBytes(file, options), BASE_BYTES));
  }

  private static long recurrentBytes(Inspection file) {
    return file.states().map(ModelStates::recurrentBytes).orElse(0L);
  }

  /** What a session allocates, if the architecture is known. */
  private static long cacheBytes(CacheCost cost, SessionOptions options) {
    if (cost.states().isEmpty()) {
      return cost.totalBytes(options.cacheType(), KvCache.cells(options.contextLength()));
    }
    long bytes = 0;
    for (KvState state : cost.states()) {
      bytes += KvCache.bytes(state, options.stateOptions());
    }
    return bytes;
  }

  private static boolean isSupported(Inspection file, CacheType type) {
    return file.cache().map(CacheCost::bytes).map(b -> b.containsKey(type)).orElse(true);
  }

  /**
   * The intermediate tensors that are needed at the same time: residual stream, its norm and a
   * projection; queries, keys, values; gate, up and their product; and one row of logits.
   */
  private static long bufferBytes(Inspection file, SessionOptions options) {
    ModelShape shape = file.shape();
    long batch = Math.min(options.batch(), options.contextLength());
    long width = shape.width().orElse(0);
    long heads = shape.heads().query().orElse(0);
    long headSize = shape.heads().size().orElse(0);
    long kvWidth = 2L * shape.heads().keyValue().orElse(0) * headSize;
    long hidden =
        (long) shape.feedForward().orElse(0)
            * Math.max(1, shape.experts().used() + shape.experts().shared());
    long values = 4 * width + 2 * heads * headSize + kvWidth + 3 * hidden;
    long vocabulary = file.tokenizer().map(t -> (long) t.tokens()).orElse(0L);
    return Float.BYTES * (batch * values + 2 * vocabulary);
  }

  private static InvalidRequestException tooLarge(
      Checkpoint model, MemoryBudget least, long bytes) {
    return new InvalidRequestException(
        "memory budget %s: %s needs %s".formatted(megabytes(bytes), model.path(), least.text()));
  }

  /** One line: the total, its parts, and what was chosen. */
  public String text() {
    return "%s (weights %s, %s cache of %s tokens %s, buffers %s, JVM %s)"
        .formatted(
            megabytes(need.totalBytes()),
            megabytes(need.weightBytes),
            options.cacheType().type().ggmlName(),
            options.contextLength(),
            megabytes(need.cacheBytes),
            megabytes(need.bufferBytes),
            megabytes(need.baseBytes));
  }

  private static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%.0f MB", bytes / 1e6);
  }
}

package dev.myelin.model.weights;

import static dev.myelin.adapter.AdapterSource.RANK;

import dev.myelin.adapter.AdapterFile;
import dev.myelin.adapter.AdapterInfo;
import dev.myelin.adapter.AdapterSource;
import dev.myelin.adapter.LowRankUpdate;
import dev.myelin.error.ModelFileException;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.graph.Tensor;
import dev.myelin.graph.TensorBuffer;
import dev.myelin.graph.TensorContext;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Supplies the tensors of a file to an architecture, checked against the expected shapes. Tensors
 * point into the mapped file, or are copied for training.
 */
public final class WeightSource implements TensorSource, AutoCloseable {
  private final GgufFile file;
  private final TensorContext context;
  private final Placement placement;
  private final Set<String> taken = new HashSet<>();
  private final List<? extends AdapterSource> adapters;

  /** Where weights are stored. */
  interface Placement extends AutoCloseable {
    Tensor place(TensorContext context, TensorInfo info, long[] shape);

    /** The weights that training may change, by name. */
    default Map<String, Tensor> trainableWeights() {
      return Map.of();
    }

    @Override
    void close();
  }

  /** Weights in the mapped file. */
  public WeightSource(GgufFile file) {
    this(file, List.of());
  }

  /**
   * @param adapters updates of the matrices; closed with this object
   */
  public WeightSource(GgufFile file, List<? extends AdapterSource> adapters) {
    this(file, new Mapped(file), adapters);
  }

  private WeightSource(GgufFile file, Placement placement, List<? extends AdapterSource> adapters) {
    this.file = file;
    this.placement = placement;
    this.adapters = List.copyOf(adapters);
    this.context = new TensorContext(Math.max(1, file.tensors().size()));
  }

  /** Trainable copies of the weights as f32, without the optimiser's tensors. */
  public static WeightSource trainable(GgufFile file, List<? extends AdapterSource> adapters) {
    WeightSource source = new WeightSource(file, new TrainableWeights(file), adapters);
    file.tensors().stream()
        .map(TensorInfo::name)
        .filter(name -> name.startsWith(TrainableWeights.OPTIMIZER_PREFIX))
        .forEach(name -> source.ignore(name, "a tensor of the optimizer"));
    return source;
  }

  private static final class Mapped implements Placement {
    private final List<TensorBuffer> buffers = new ArrayList<>();

    Mapped(GgufFile file) {
      file.watch();
      for (MemorySegment part : file.parts()) {
        buffers.add(TensorBuffer.wrap(part));
      }
    }

    @Override
    public Tensor place(TensorContext context, TensorInfo info, long[] shape) {
      Tensor tensor = context.tensor(info.name(), info.type(), shape);
      buffers.get(info.part()).place(tensor, info.offset());
      return tensor;
    }

    @Override
    public void close() {
      buffers.forEach(TensorBuffer::close);
    }
  }

  @Override
  public Tensor take(String name, TensorUse use, long... dims) {
    return take(require(name), use, dims);
  }

  /**
   * Checks that no mapped file was changed.
   *
   * @throws ModelFileException if a file was changed; names it
   */
  public void requireUnchanged() {
    if (!isTrainable()) {
      file.requireUnchanged();
    }
    adapters.forEach(AdapterSource::requireUnchanged);
  }

  @Override
  public List<LowRankUpdate> adapters(String name, long in, long out) {
    return adapters(name, new long[] {in, RANK}, new long[] {RANK, out});
  }

  @Override
  public List<LowRankUpdate> expertAdapters(String name, long in, long out, long experts) {
    return adapters(name, new long[] {in, RANK, experts}, new long[] {RANK, out, experts});
  }

  @Override
  public List<LowRankUpdate> rowAdapters(String name, long width, long rows) {
    return adapters(name, new long[] {RANK, rows}, new long[] {RANK, width});
  }

  private List<LowRankUpdate> adapters(String name, long[] a, long[] b) {
    List<LowRankUpdate> updates = new ArrayList<>();
    for (AdapterSource source : adapters) {
      source.find(name, a, b).ifPresent(updates::add);
    }
    return List.copyOf(updates);
  }

  /** The adapters that are files. */
  public List<AdapterFile> adapterFiles() {
    return adapters.stream()
        .filter(AdapterFile.class::isInstance)
        .map(AdapterFile.class::cast)
        .toList();
  }

  /** Their descriptions. */
  public List<AdapterInfo> adapterInfos() {
    return adapterFiles().stream().map(AdapterFile::info).toList();
  }

  /** Whether the weights are copies that training may change. */
  public boolean isTrainable() {
    return placement instanceof TrainableWeights;
  }

  @Override
  public boolean has(String name) {
    return file.tensor(name).isPresent();
  }

  @Override
  public void ignore(String name, String why) {
    taken.add(name);
  }

  @Override
  public void ignoreAll(String prefix) {
    for (TensorInfo info : file.tensors()) {
      if (info.name().startsWith(prefix)) {
        taken.add(info.name());
      }
    }
  }

  /**
   * Rejects a file with tensors that the architecture does not use: without them the results would
   * be wrong. Rejects adapters of matrices that the model does not have.
   */
  public void requireAllTaken(String architecture) {
    for (TensorInfo info : file.tensors()) {
      // activation scales, used by fp4 kernels of other devices only
      boolean calibration = info.name().endsWith(".input_scale");
      if (!calibration && !taken.contains(info.name())) {
        throw new ModelFileException(
            file.path(),
            "tensor " + info.name(),
            "not a tensor of the architecture " + architecture);
      }
    }
    adapters.forEach(AdapterSource::requireAllFound);
  }

  private TensorInfo require(String name) {
    return file.tensor(name)
        .orElseThrow(() -> new ModelFileException(file.path(), "tensor " + name, "missing"));
  }

  private Tensor take(TensorInfo info, TensorUse use, long... dims) {
    boolean fits = info.shape().size() <= Math.max(dims.length, 1) || hasTrailingOnes(info, dims);
    for (int i = 0; i < dims.length; i++) {
      fits &= info.dim(i) == dims[i];
    }
    if (!fits) {
      throw new ModelFileException(
          file.path(),
          "tensor " + info.name() + " has shape " + info.shape(),
          "expected " + Arrays.toString(dims));
    }
    if (!use.allows(info.type())) {
      throw new ModelFileException(
          file.path(),
          "tensor " + info.name() + " has type " + info.type().ggmlName(),
          "expected " + use.expected());
    }
    taken.add(info.name());
    long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
    return placement.place(context, info, shape);
  }

  private static boolean hasTrailingOnes(TensorInfo info, long[] dims) {
    for (int i = dims.length; i < info.shape().size(); i++) {
      if (info.dim(i) != 1) {
        return false;
      }
    }
    return true;
  }

  public Map<String, Tensor> trainableWeights() {
    return placement.trainableWeights();
  }

  @Override
  public void close() {
    context.close();
    placement.close();
    adapters.forEach(AdapterSource::close);
  }
}

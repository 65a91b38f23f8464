package dev.myelin.model.build;

import static dev.myelin.adapter.AdapterSource.RANK;

import dev.myelin.adapter.AdapterFile;
import dev.myelin.adapter.AdapterInfo;
import dev.myelin.adapter.AdapterSource;
import dev.myelin.adapter.LowRank;
import dev.myelin.error.ModelFileException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.graph.Tensor;
import dev.myelin.graph.TensorBuffer;
import dev.myelin.graph.TensorContext;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Hands the tensors of a file to an architecture, checked against the shapes it expects. Nothing is
 * copied, each tensor points into the mapping; unless the weights are to be changed.
 */
public final class WeightSource implements AutoCloseable {
  private static final Set<GgmlType> MATRIX_TYPES = EnumSet.noneOf(GgmlType.class);

  static {
    for (GgmlType type : GgmlType.values()) {
      if (type.isMatmulType()) {
        MATRIX_TYPES.add(type);
      }
    }
  }

  private static final Set<GgmlType> VECTOR_TYPES = EnumSet.of(GgmlType.F32);

  private final GgufFile file;
  private final TensorContext context;
  private final Placement placement;
  private final Set<String> taken = new HashSet<>();
  private final List<? extends AdapterSource> adapters;
  private int adapted;

  /** Where weights lie. */
  interface Placement extends AutoCloseable {
    Tensor place(TensorContext context, TensorInfo info, long[] shape);

    /** Those that may be changed, by name. */
    default Map<String, Tensor> changeable() {
      return Map.of();
    }

    @Override
    void close();
  }

  /** Weights as they lie in the file. */
  public WeightSource(GgufFile file) {
    this(file, List.of());
  }

  /**
   * @param adapters what changes the matrices; closed with this
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

  /** Copies of the weights as f32, which may be changed; an optimiser's tensors are left out. */
  public static WeightSource copied(GgufFile file, List<? extends AdapterSource> adapters) {
    WeightSource source = new WeightSource(file, new CopiedWeights(file), adapters);
    file.tensors().stream()
        .map(TensorInfo::name)
        .filter(name -> name.startsWith(CopiedWeights.OPTIMIZER))
        .forEach(source::ignore);
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

  /**
   * A matrix or a stack of matrices, dims in ggml's order: [k, n] multiplies vectors of k to
   * vectors of n.
   *
   * @throws ModelFileException if it is missing, or has another shape, or a type that no kernel
   *     multiplies
   */
  public Tensor matrix(String name, long... dims) {
    return take(require(name), MATRIX_TYPES, dims);
  }

  public Optional<Tensor> optionalMatrix(String name, long... dims) {
    return file.tensor(name).map(info -> take(info, MATRIX_TYPES, dims));
  }

  /**
   * Throws if a file whose mapping is computed with was changed.
   *
   * @throws ModelFileException naming it
   */
  public void requireUnchanged() {
    if (!(placement instanceof CopiedWeights)) {
      file.requireUnchanged();
    }
    adapters.forEach(AdapterSource::requireUnchanged);
  }

  /** The changes of a matrix [in, out], to be added up. */
  public List<LowRank> adapters(String name, long in, long out) {
    return adapters(name, new long[] {in, RANK}, new long[] {RANK, out});
  }

  /** Likewise of the matrices of experts [in, out, experts]. */
  public List<LowRank> expertAdapters(String name, long in, long out, long experts) {
    return adapters(name, new long[] {in, RANK, experts}, new long[] {RANK, out, experts});
  }

  /** Likewise of an embedding [width, rows], whose rows are looked up. */
  public List<LowRank> rowAdapters(String name, long width, long rows) {
    return adapters(name, new long[] {RANK, rows}, new long[] {RANK, width});
  }

  private List<LowRank> adapters(String name, long[] a, long[] b) {
    List<LowRank> changes = new ArrayList<>();
    for (AdapterSource source : adapters) {
      source.find(name, a, b).ifPresent(changes::add);
    }
    adapted += changes.size();
    return List.copyOf(changes);
  }

  /** Those of the adapters that are files. */
  public List<AdapterInfo> adapterInfos() {
    return adapters.stream()
        .filter(AdapterFile.class::isInstance)
        .map(source -> ((AdapterFile) source).info())
        .toList();
  }

  /** How many changes were handed out. */
  public int adapted() {
    return adapted;
  }

  /** A vector of f32: a norm's weight, a bias, a scale. */
  public Tensor vector(String name, long length) {
    return take(require(name), VECTOR_TYPES, length);
  }

  public Optional<Tensor> optionalVector(String name, long length) {
    return file.tensor(name).map(info -> take(info, VECTOR_TYPES, length));
  }

  public boolean has(String name) {
    return file.tensor(name).isPresent();
  }

  /** Refuses a file without a tensor that is otherwise taken as optional. */
  public void requirePresent(String name) {
    require(name);
  }

  /** Leaves a tensor out of the computation on purpose. */
  public void ignore(String name) {
    taken.add(name);
  }

  /**
   * Refuses a file with tensors that the architecture has no use for: computing without them would
   * give another model's answers. Likewise adapters of matrices that it has not.
   */
  public void requireAllTaken(String architecture) {
    for (TensorInfo info : file.tensors()) {
      // activation scales, which only serve other devices' fp4 kernels
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

  private Tensor take(TensorInfo info, Set<GgmlType> types, long... dims) {
    boolean fits = info.shape().size() <= Math.max(dims.length, 1) || trailingOnes(info, dims);
    for (int i = 0; i < dims.length; i++) {
      fits &= info.dim(i) == dims[i];
    }
    if (!fits) {
      throw new ModelFileException(
          file.path(),
          "tensor " + info.name() + " has shape " + info.shape(),
          "expected " + Arrays.toString(dims));
    }
    if (!types.contains(info.type())) {
      throw new ModelFileException(
          file.path(),
          "tensor " + info.name() + " has type " + info.type().ggmlName(),
          types == VECTOR_TYPES ? "expected f32" : "expected a type that can be multiplied");
    }
    taken.add(info.name());
    long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
    return placement.place(context, info, shape);
  }

  private static boolean trailingOnes(TensorInfo info, long[] dims) {
    for (int i = dims.length; i < info.shape().size(); i++) {
      if (info.dim(i) != 1) {
        return false;
      }
    }
    return true;
  }

  public Map<String, Tensor> changeable() {
    return placement.changeable();
  }

  @Override
  public void close() {
    context.close();
    placement.close();
    adapters.forEach(AdapterSource::close);
  }
}

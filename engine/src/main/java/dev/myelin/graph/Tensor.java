package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.ggml.ggml_tensor;
import dev.myelin.error.MyelinException;
import dev.myelin.gguf.GgmlType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A tensor of a ggml context, with up to four dimensions. Dimension 0 is the row, whose elements
 * are adjacent in memory. Valid as long as its context.
 *
 * <p>A described tensor is outside of any context: only its name, type and shape can be read.
 */
public final class Tensor {
  private static final int NAME_BYTES = 64;

  private final @Nullable MemorySegment struct;
  private final GgmlType type;
  private final @Nullable GraphBuilder graph;
  private final @Nullable Description description;

  /**
   * What is known without a context.
   *
   * @param dims four
   */
  private record Description(String name, long[] dims) {}

  Tensor(MemorySegment struct) {
    this(struct, null);
  }

  /**
   * @param graph the graph that computes it; null for a tensor with memory of its own, such as a
   *     weight
   */
  Tensor(MemorySegment struct, @Nullable GraphBuilder graph) {
    this.struct = struct;
    this.graph = graph;
    this.description = null;
    int id = ggml_tensor.type(struct);
    this.type =
        GgmlType.ofId(id).orElseThrow(() -> new MyelinException("graph: tensor type " + id));
  }

  private Tensor(Description description, GgmlType type) {
    this.struct = null;
    this.graph = null;
    this.description = description;
    this.type = type;
  }

  /** A tensor without memory, outside of any context: a name, a type and a shape. */
  public static Tensor described(String name, GgmlType type, long... dims) {
    Shapes.checkNew(name, type, dims);
    long[] all = {1, 1, 1, 1};
    System.arraycopy(dims, 0, all, 0, dims.length);
    return new Tensor(new Description(name, all), type);
  }

  /**
   * The tensor of ggml.
   *
   * @throws MyelinException for a described tensor
   */
  MemorySegment struct() {
    if (struct == null) {
      throw new MyelinException("graph: tensor " + name() + " is only described");
    }
    return struct;
  }

  /**
   * The graph that computes this tensor.
   *
   * @throws MyelinException for a weight or a cache, which many graphs read
   */
  public GraphBuilder graph() {
    if (graph == null) {
      throw new MyelinException("graph: tensor " + name() + " belongs to no graph");
    }
    return graph;
  }

  public GgmlType type() {
    return type;
  }

  /** Number of elements along dimension {@code i}, 0 to 3. */
  public long dim(int i) {
    return description == null ? ggml_tensor.ne(struct, i) : description.dims[i];
  }

  /** The dimensions without trailing ones; at least one. */
  public long[] shape() {
    int rank = 4;
    while (rank > 1 && dim(rank - 1) == 1) {
      rank--;
    }
    long[] dims = new long[rank];
    for (int i = 0; i < rank; i++) {
      dims[i] = dim(i);
    }
    return dims;
  }

  /** Bytes from one index of dimension {@code i} to the next. */
  public long stride(int i) {
    return ggml_tensor.nb(struct(), i);
  }

  public long elements() {
    return dim(0) * dim(1) * dim(2) * dim(3);
  }

  /** The tensor's memory; for a contiguous tensor in the memory of this process. */
  public MemorySegment data() {
    MemorySegment data = ggml_tensor.data(struct());
    if (data.address() == 0) {
      throw new MyelinException("graph: tensor " + name() + " has no memory yet");
    }
    return data.reinterpret(type.bytes(elements()));
  }

  /** Whether the tensor has memory: an input that no node of its graph reads has none. */
  public boolean hasMemory() {
    return ggml_tensor.data(struct()).address() != 0;
  }

  /** The memory of a strided view: all bytes from the first to the last element. */
  MemorySegment stridedData() {
    long last = 0;
    for (int i = 1; i < 4; i++) {
      last += (dim(i) - 1) * stride(i);
    }
    return data().reinterpret(last + type.bytes(dim(0)));
  }

  /** Names the tensor, for dumps and error messages; the first 63 bytes are kept. */
  public Tensor named(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    int length = Math.min(bytes.length, NAME_BYTES - 1);
    MemorySegment field = ggml_tensor.name(struct());
    MemorySegment.copy(bytes, 0, field, ValueLayout.JAVA_BYTE, 0, length);
    field.set(ValueLayout.JAVA_BYTE, length, (byte) 0);
    return this;
  }

  public String name() {
    return description == null ? ggml_tensor.name(struct).getString(0) : description.name;
  }

  /** Whether the elements are contiguous in memory. */
  public boolean isContiguous() {
    return isContiguousFrom(0);
  }

  /** Keeps the values until the next computation: the allocator does not reuse their memory. */
  void markOutput() {
    Ggml_h.ggml_set_output(struct());
    MemorySegment viewed = ggml_tensor.view_src(struct());
    if (viewed.address() != 0) {
      Ggml_h.ggml_set_output(viewed);
    }
  }

  boolean isContiguousFrom(int dimension) {
    long expected = dimension == 0 ? type.blockBytes() : stride(dimension);
    for (int i = dimension; i < 4; i++) {
      if (dim(i) != 1 && stride(i) != expected) {
        return false;
      }
      expected = i == 0 ? type.bytes(dim(0)) : expected * dim(i);
    }
    return true;
  }

  @Override
  public String toString() {
    return "%s %s[%s, %s, %s, %s]"
        .formatted(name(), type.ggmlName(), dim(0), dim(1), dim(2), dim(3));
  }
}

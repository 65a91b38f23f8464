package dev.myelin.adapter;

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
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A mapped adapter file, checked against a model's. Each tensor points into the mapping, without a
 * copy. Confined to one thread at a time; the tensors are immutable.
 */
public final class AdapterFile implements AdapterSource {
  private final GgufFile file;
  private final GgufFile model;
  private final int number;
  private final float scale;
  private final float alpha;
  private final Map<String, TensorPair> pairs;
  private final Set<String> taken = new HashSet<>();
  private final LongSummaryStatistics ranks = new LongSummaryStatistics();
  private final TensorContext context;
  private final List<TensorBuffer> buffers = new ArrayList<>();

  private AdapterFile(GgufFile file, int number, float scale, GgufFile model) {
    this.number = number;
    this.file = file;
    this.scale = scale;
    this.model = model;
    alpha = AdapterKeys.check(file, model);
    pairs = TensorPair.of(file);
    if (pairs.isEmpty()) {
      throw new ModelFileException(
          file.path(), "no tensor NAME" + TensorPair.A_SUFFIX, "expected some");
    }
    file.tensors().stream().filter(TensorPair::isNorm).forEach(this::checkNorm);
    context = new TensorContext(2 * pairs.size());
  }

  /**
   * Opens adapters: mapped if the model is mapped, else copied to memory.
   *
   * @param model the model they apply to, which must stay open as long as they are
   * @throws ModelFileException if an adapter is invalid; names its file
   */
  public static List<AdapterFile> open(List<Adapter> adapters, GgufFile model) {
    List<AdapterFile> opened = new ArrayList<>();
    try {
      for (Adapter adapter : adapters) {
        opened.add(open(adapter, opened.size(), model));
      }
      return opened;
    } catch (RuntimeException e) {
      opened.forEach(AdapterFile::close);
      throw e;
    }
  }

  private static AdapterFile open(Adapter adapter, int number, GgufFile model) {
    GgufFile file =
        model.isMapped() ? GgufFile.open(adapter.file()) : GgufFile.read(adapter.file());
    AdapterFile opened = null;
    try {
      file.watch();
      opened = new AdapterFile(file, number, adapter.scale(), model);
      for (MemorySegment part : file.parts()) {
        opened.buffers.add(TensorBuffer.wrap(part));
      }
      return opened;
    } catch (RuntimeException e) {
      if (opened != null) {
        opened.close();
      }
      file.close();
      throw e;
    }
  }

  @Override
  public void requireUnchanged() {
    file.requireUnchanged();
  }

  /** The file. */
  public GgufFile file() {
    return file;
  }

  /** The scale that the caller gave. */
  public float scale() {
    return scale;
  }

  /** A description of the adapter; complete once the model is built. */
  public AdapterInfo info() {
    long parameters =
        pairs.values().stream().mapToLong(p -> p.a().elements() + p.b().elements()).sum();
    int norms = (int) file.tensors().stream().filter(TensorPair::isNorm).count();
    return new AdapterInfo(
        file.path(), scale, pairs.size(), ranks.getMin(), ranks.getMax(), parameters, norms);
  }

  @Override
  public Optional<LowRankUpdate> find(String weight, long[] a, long[] b) {
    TensorPair pair = pairs.get(weight);
    if (pair == null) {
      return Optional.empty();
    }
    long rank = checkShape(pair.a(), a);
    if (checkShape(pair.b(), b) != rank) {
      throw invalidTensor(
          pair.b(),
          "has shape " + pair.b().shape(),
          "expected rank " + rank + ", the rank of " + pair.a().name());
    }
    // rounded as in the reference implementation
    float effectiveScale = alpha == 0 ? scale : scale * alpha / rank;
    if (!Float.isFinite(effectiveScale)) {
      throw new ModelFileException(
          file.path(), "scale " + scale + " * alpha " + alpha + " / " + rank, "expected less");
    }
    taken.add(weight);
    ranks.accept(rank);
    LowRankUpdate.Scale factor = new LowRankUpdate.Scale(number, scale, alpha, rank);
    return Optional.of(new LowRankUpdate(place(pair.a()), place(pair.b()), factor));
  }

  /**
   * @return the rank
   */
  private long checkShape(TensorInfo tensor, long[] shape) {
    long rank = 0;
    boolean isValid = true;
    for (int i = shape.length; i < tensor.rank(); i++) {
      isValid &= tensor.dim(i) == 1;
    }
    for (int i = 0; i < shape.length; i++) {
      if (shape[i] == RANK) {
        rank = tensor.dim(i);
      } else {
        isValid &= tensor.dim(i) == shape[i];
      }
    }
    if (!isValid) {
      String expected =
          Arrays.stream(shape)
              .mapToObj(d -> d == RANK ? "rank" : Long.toString(d))
              .collect(Collectors.joining(", ", "expected [", "]"));
      throw invalidTensor(
          tensor, "has shape " + tensor.shape(), expected + " to fit the model " + model.path());
    }
    if (!tensor.type().isMatmulType()) {
      throw invalidTensor(
          tensor, "has type " + tensor.type().ggmlName(), "expected a type that can be multiplied");
    }
    return rank;
  }

  private void checkNorm(TensorInfo norm) {
    if (model.tensor(norm.name()).filter(m -> m.elements() == norm.elements()).isEmpty()) {
      throw unknownTensor(norm);
    }
  }

  private Tensor place(TensorInfo info) {
    long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
    Tensor tensor = context.tensor(info.name(), info.type(), shape);
    buffers.get(info.part()).place(tensor, info.offset());
    return tensor;
  }

  @Override
  public void requireAllFound() {
    for (Map.Entry<String, TensorPair> entry : pairs.entrySet()) {
      if (!taken.contains(entry.getKey())) {
        if (model.tensor(entry.getKey()).isPresent()) {
          throw invalidTensor(entry.getValue().a(), "", "expected a matrix that can be adapted");
        }
        throw unknownTensor(entry.getValue().a());
      }
    }
  }

  private ModelFileException unknownTensor(TensorInfo tensor) {
    return invalidTensor(
        tensor,
        "",
        "not a tensor of the model " + model.path() + ": the adapter is for another model");
  }

  private ModelFileException invalidTensor(TensorInfo tensor, String what, String expected) {
    String subject = ("tensor " + tensor.name() + " " + what).strip();
    return new ModelFileException(file.path(), subject, expected);
  }

  @Override
  public void close() {
    context.close();
    buffers.forEach(TensorBuffer::close);
    file.close();
  }
}

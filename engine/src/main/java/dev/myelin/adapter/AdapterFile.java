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
 * An adapter's file, mapped and checked against a model's. Nothing is copied: each tensor points
 * into the mapping.
 */
public final class AdapterFile implements AdapterSource {
  private final GgufFile file;
  private final GgufFile model;
  private final float scale;
  private final float alpha;
  private final Map<String, Pair> pairs;
  private final Set<String> found = new HashSet<>();
  private final LongSummaryStatistics ranks = new LongSummaryStatistics();
  private final TensorContext context;
  private final List<TensorBuffer> buffers = new ArrayList<>();

  private AdapterFile(GgufFile file, float scale, GgufFile model) {
    this.file = file;
    this.scale = scale;
    this.model = model;
    alpha = AdapterKeys.check(file, model);
    pairs = Pair.of(file);
    if (pairs.isEmpty()) {
      throw new ModelFileException(file.path(), "no tensor NAME" + Pair.A, "expected some");
    }
    file.tensors().stream().filter(Pair::isNorm).forEach(this::checkNorm);
    context = new TensorContext(2 * pairs.size());
  }

  /**
   * Maps adapters, or copies them to memory as the model is.
   *
   * @param model what they change, open for as long as they are
   * @throws ModelFileException naming the adapter's file and what is wrong with it
   */
  public static List<AdapterFile> open(List<Adapter> adapters, GgufFile model) {
    List<AdapterFile> opened = new ArrayList<>();
    try {
      for (Adapter adapter : adapters) {
        opened.add(open(adapter, model));
      }
      return opened;
    } catch (RuntimeException e) {
      opened.forEach(AdapterFile::close);
      throw e;
    }
  }

  private static AdapterFile open(Adapter adapter, GgufFile model) {
    GgufFile file =
        model.isMapped() ? GgufFile.open(adapter.file()) : GgufFile.read(adapter.file());
    AdapterFile opened = null;
    try {
      file.watch();
      opened = new AdapterFile(file, adapter.scale(), model);
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

  /** What it is; complete once the model is built. */
  public AdapterInfo info() {
    long parameters =
        pairs.values().stream().mapToLong(p -> p.a().elements() + p.b().elements()).sum();
    int norms = (int) file.tensors().stream().filter(Pair::isNorm).count();
    return new AdapterInfo(
        file.path(), scale, pairs.size(), ranks.getMin(), ranks.getMax(), parameters, norms);
  }

  @Override
  public Optional<LowRank> find(String weight, long[] a, long[] b) {
    Pair pair = pairs.get(weight);
    if (pair == null) {
      return Optional.empty();
    }
    long rank = check(pair.a(), a);
    if (check(pair.b(), b) != rank) {
      throw bad(
          pair.b(),
          "has shape " + pair.b().shape(),
          "expected rank " + rank + ", that of " + pair.a().name());
    }
    // rounded as the reference implementation rounds
    float effective = alpha == 0 ? scale : scale * alpha / rank;
    if (!Float.isFinite(effective)) {
      throw new ModelFileException(
          file.path(), "scale " + scale + " * alpha " + alpha + " / " + rank, "expected less");
    }
    found.add(weight);
    ranks.accept(rank);
    // at scale 0 the model stays as it is, to the bit
    return scale == 0
        ? Optional.empty()
        : Optional.of(new LowRank(place(pair.a()), place(pair.b()), effective));
  }

  /**
   * @return the rank
   */
  private long check(TensorInfo tensor, long[] shape) {
    long rank = 0;
    boolean fits = true;
    for (int i = shape.length; i < tensor.rank(); i++) {
      fits &= tensor.dim(i) == 1;
    }
    for (int i = 0; i < shape.length; i++) {
      if (shape[i] == RANK) {
        rank = tensor.dim(i);
      } else {
        fits &= tensor.dim(i) == shape[i];
      }
    }
    if (!fits) {
      String expected =
          Arrays.stream(shape)
              .mapToObj(d -> d == RANK ? "rank" : Long.toString(d))
              .collect(Collectors.joining(", ", "expected [", "]"));
      throw bad(
          tensor, "has shape " + tensor.shape(), expected + " to fit the model " + model.path());
    }
    if (!tensor.type().isMatmulType()) {
      throw bad(
          tensor, "has type " + tensor.type().ggmlName(), "expected a type that can be multiplied");
    }
    return rank;
  }

  private void checkNorm(TensorInfo norm) {
    if (model.tensor(norm.name()).filter(m -> m.elements() == norm.elements()).isEmpty()) {
      throw notOfModel(norm);
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
    for (Map.Entry<String, Pair> entry : pairs.entrySet()) {
      if (!found.contains(entry.getKey())) {
        if (model.tensor(entry.getKey()).isPresent()) {
          throw bad(entry.getValue().a(), "", "expected a matrix that can be adapted");
        }
        throw notOfModel(entry.getValue().a());
      }
    }
  }

  private ModelFileException notOfModel(TensorInfo tensor) {
    return bad(
        tensor, "", "the model " + model.path() + " has none such: the adapter is for another");
  }

  private ModelFileException bad(TensorInfo tensor, String what, String expected) {
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

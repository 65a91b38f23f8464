package dev.myelin.model;

import dev.myelin.adapter.Adapter;
import dev.myelin.adapter.AdapterFile;
import dev.myelin.adapter.AdapterInfo;
import dev.myelin.adapter.AdapterSource;
import dev.myelin.chat.ChatTemplate;
import dev.myelin.error.IllegalUseException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.gguf.GgufFile;
import dev.myelin.graph.Ggml;
import dev.myelin.graph.Tensor;
import dev.myelin.model.build.ModelBuilder;
import dev.myelin.model.build.Network;
import dev.myelin.model.config.Config;
import dev.myelin.model.layer.Rope;
import dev.myelin.model.weights.WeightSource;
import dev.myelin.sampling.RecommendedSampling;
import dev.myelin.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A loaded checkpoint. Its weights are in the mapped file, without a copy. Thread-safe: any number
 * of sessions share a model, on any threads.
 *
 * <p>After {@link #close} every use throws {@link IllegalUseException}. The file is unmapped when
 * the last session closes.
 */
public final class Model implements AutoCloseable {
  private final GgufFile file;
  private final ModelInfo info;
  private final Tokenizer tokenizer;
  private final WeightSource weights;
  private final Network network;
  private final RecommendedSampling sampling;
  private final List<AdapterInfo> adapters;
  private final int shortContext;
  private final WeightPages pages;
  private final Object identityLock = new Object();
  private @Nullable String identity;
  private boolean closed;
  private int leases;

  /**
   * Maps a GGUF file, or all parts of a split one, and checks it.
   *
   * @throws ModelFileException if the file is invalid; names the key or tensor
   * @throws dev.myelin.error.UnsupportedModelException if Myelin does not support the model
   * @throws dev.myelin.error.NativeLibraryException if ggml cannot be loaded
   */
  public static Model load(Path path) {
    return load(path, List.of());
  }

  /**
   * Maps a GGUF file and applies adapters, whose updates add up.
   *
   * @throws ModelFileException also if an adapter is invalid or does not fit the model
   */
  public static Model load(Path path, List<Adapter> adapters) {
    return load(Checkpoint.of(path), adapters);
  }

  /** Loads a checkpoint from a file or from memory; bytes in memory are copied. */
  public static Model load(Checkpoint checkpoint) {
    return load(checkpoint, List.of());
  }

  /** Loads a checkpoint and applies adapters. */
  public static Model load(Checkpoint checkpoint, List<Adapter> adapters) {
    Ggml.require(); // first, so that the file is watched from the start
    LoadReport report = new LoadReport();
    GgufFile file = checkpoint.open();
    try {
      Model model = of(file, f -> new WeightSource(f, AdapterFile.open(adapters, f)));
      report.loaded(model);
      return model;
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /**
   * Loads an open checkpoint for training: copies the weights to memory as f32, where they can be
   * changed. The model takes ownership of the file and closes it.
   *
   * @param adapters updates of the matrices; closed with the model
   */
  public static Model loadTrainable(GgufFile file, List<? extends AdapterSource> adapters) {
    Ggml.require();
    LoadReport report = new LoadReport();
    Model model = of(file, f -> WeightSource.trainable(f, adapters));
    report.loaded(model);
    return model;
  }

  /** Loads an open checkpoint for training, without adapters. */
  public static Model loadTrainable(GgufFile file) {
    return loadTrainable(file, List.of());
  }

  private static Model of(GgufFile file, Function<GgufFile, WeightSource> placement) {
    file.watch();
    try {
      return new Model(file, placement);
    } catch (ModelFileException e) {
      file.requireUnchanged(); // a changed file explains the error: what was read may be zeros
      throw e;
    }
  }

  private Model(GgufFile file, Function<GgufFile, WeightSource> placement) {
    this.file = file;
    String architecture = Architectures.nameOf(file);
    Config config = new Config(file, architecture);
    weights = placement.apply(file);
    try {
      ModelBuilder builder = new ModelBuilder(weights);
      network = NetworkReader.read(file, Architectures.get(architecture), config, builder);
      weights.requireAllTaken(architecture);
      info = ModelInfo.of(config, builder, network);
      tokenizer = Tokenizer.of(file);
      sampling = RecommendedSampling.of(file.metadata());
      adapters = weights.adapterInfos();
      shortContext = shortContext(config);
      file.requireUnchanged();
      pages = new WeightPages(file, !info.experts().isPresent());
      pages.limit();
    } catch (RuntimeException e) {
      weights.close();
      throw e;
    }
  }

  /** The longest context of class 0. */
  private int shortContext(Config config) {
    return file.tensor(Rope.LONG_FACTORS).isPresent()
        ? config.rope().originalContext()
        : Integer.MAX_VALUE;
  }

  /** The file, for its metadata. */
  public GgufFile file() {
    requireOpen();
    return file;
  }

  /** The shape of the model. */
  public ModelInfo info() {
    return info;
  }

  /**
   * The identity of the weights: of the model's and the adapters' files, and of the adapters'
   * scales. 64 hexadecimal digits. Computed when it is first asked for, from the headers and a
   * sample of the tensors.
   *
   * @throws dev.myelin.error.InvalidRequestException if the weights can be changed: {@link
   *     #loadTrainable}
   */
  public String identity() {
    try (Lease _ = lease()) {
      synchronized (identityLock) {
        if (identity == null) {
          identity = WeightIdentity.of(file, weights);
          requireUnchanged();
        }
        return identity;
      }
    }
  }

  /**
   * The identity of the weights with other scales of the adapters.
   *
   * @param scales by the adapters' numbers
   */
  public String identity(List<Float> scales) {
    return scales.equals(adapterScales())
        ? identity()
        : WeightIdentity.withScales(identity(), scales);
  }

  /**
   * The class of a context length: sequences in contexts of different classes have other states for
   * the same tokens, since LongRoPE's factors depend on the context.
   */
  public int contextClass(int contextLength) {
    return contextLength > shortContext ? 1 : 0;
  }

  /** The adapters the model was loaded with. */
  public List<AdapterInfo> adapters() {
    return adapters;
  }

  /** The scales of the adapters, by their numbers. */
  public List<Float> adapterScales() {
    return adapters.stream().map(AdapterInfo::scale).toList();
  }

  /**
   * The scales of a choice of the adapters, by their numbers; 0 for those left out.
   *
   * @throws InvalidRequestException if the model was loaded without one of them
   */
  public List<Float> adapterScales(List<Adapter> chosen) {
    return AdapterScales.of(chosen, adapters);
  }

  public Tokenizer tokenizer() {
    requireOpen();
    return tokenizer;
  }

  /** The sampling settings the file recommends; defaults where it has none. */
  public RecommendedSampling sampling() {
    return sampling;
  }

  /**
   * Notes on irregularities of the file that do not prevent its use, one sentence each, for
   * display.
   */
  public List<String> notes() {
    List<String> notes = new ArrayList<>(tokenizer.vocabulary().notes());
    notes.addAll(sampling.notes());
    return notes;
  }

  /** The file's chat template, if it has one; parsed when first rendered. */
  public Optional<ChatTemplate> chatTemplate() {
    requireOpen();
    return ChatTemplate.of(file);
  }

  /** Builds the graph of a forward pass; for sessions. */
  public Network network() {
    requireOpen();
    return network;
  }

  /**
   * Checks that no mapped file was modified or truncated. If one was, results since the last call
   * may be wrong.
   *
   * @throws ModelFileException if a file was changed; names it
   */
  public void requireUnchanged() {
    weights.requireUnchanged();
  }

  /**
   * Reads a byte of every 64 KB of a mapped file, so that the system maps its pages now rather than
   * while the first batch is computed: 700 MB take 70 ms. Does nothing if not all weights stay in
   * memory, or not all are used for a token.
   *
   * @param isEnough asked from time to time
   */
  public void mapWeights(BooleanSupplier isEnough) {
    if (pages.isMappable()) {
      try (Lease _ = lease()) {
        pages.map(isEnough);
      }
    }
  }

  /**
   * The trainable weights by name, in the order of computation; empty unless {@link #loadTrainable}
   * loaded the model.
   */
  public Map<String, Tensor> weights() {
    requireOpen();
    return weights.trainableWeights();
  }

  /** Whether the model is open: {@link #close} was not called. */
  public synchronized boolean isOpen() {
    return !closed;
  }

  /**
   * Keeps the weights mapped until the lease is closed, even if the model is closed earlier.
   *
   * @throws IllegalUseException if the model is closed
   */
  public synchronized Lease lease() {
    requireOpen();
    leases++;
    return new Lease();
  }

  /** A session's reference to the weights. */
  public final class Lease implements AutoCloseable {
    private boolean released;

    private Lease() {}

    @Override
    public void close() {
      synchronized (Model.this) {
        if (!released) {
          released = true;
          leases--;
          freeIfUnused();
        }
      }
    }
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      freeIfUnused();
    }
  }

  private void freeIfUnused() {
    if (closed && leases == 0) {
      weights.close();
      file.close();
    }
  }

  private synchronized void requireOpen() {
    if (closed) {
      throw new IllegalUseException("model " + file.path() + " is closed");
    }
  }
}

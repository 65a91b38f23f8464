package dev.myelin.model;

import dev.myelin.adapter.Adapter;
import dev.myelin.adapter.AdapterFile;
import dev.myelin.adapter.AdapterInfo;
import dev.myelin.adapter.AdapterSource;
import dev.myelin.adapter.LowRank;
import dev.myelin.chat.ChatTemplate;
import dev.myelin.error.IllegalUseException;
import dev.myelin.error.ModelFileException;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.gguf.GgufFile;
import dev.myelin.graph.Ggml;
import dev.myelin.graph.Tensor;
import dev.myelin.model.build.Architecture;
import dev.myelin.model.build.Network;
import dev.myelin.model.build.WeightSource;
import dev.myelin.model.config.HyperparameterReader;
import dev.myelin.model.config.Hyperparameters;
import dev.myelin.sampling.RecommendedSampling;
import dev.myelin.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * A checkpoint ready to use: its weights lie in the mapped file, nothing was copied. Any number of
 * sessions share it, on any threads.
 *
 * <p>Closing unmaps the file once the last session has let go of it; from then on every use throws
 * {@link IllegalUseException}.
 */
public final class Model implements AutoCloseable {
  private final GgufFile file;
  private final Hyperparameters hyperparameters;
  private final Tokenizer tokenizer;
  private final WeightSource weights;
  private final Network network;
  private final RecommendedSampling sampling;
  private final List<AdapterInfo> adapters;
  private boolean closed;
  private int leases;

  private Model(GgufFile file, Function<GgufFile, WeightSource> placement) {
    this.file = file;
    Architecture architecture = Architectures.of(file);
    hyperparameters =
        architecture.hyperparameters(new HyperparameterReader(file, architecture.name()));
    tokenizer = Tokenizer.of(file);
    sampling = RecommendedSampling.of(file.metadata());
    weights = placement.apply(file);
    try {
      network = architecture.network(hyperparameters, weights);
      weights.requireAllTaken(architecture.name());
      this.adapters = weights.adapterInfos();
      file.requireUnchanged();
    } catch (RuntimeException e) {
      weights.close();
      throw e;
    }
  }

  private static Model of(GgufFile file, Function<GgufFile, WeightSource> placement) {
    file.watch();
    try {
      return new Model(file, placement);
    } catch (ModelFileException e) {
      file.requireUnchanged(); // what was read may be zeros
      throw e;
    }
  }

  /**
   * Maps a GGUF file, or all parts of a split one, and checks it.
   *
   * @throws ModelFileException naming what is wrong with the file
   * @throws dev.myelin.error.UnsupportedModelException if Myelin does not run such models
   * @throws dev.myelin.error.NativeLibraryException if ggml cannot be loaded
   */
  public static Model load(Path path) {
    return load(path, List.of());
  }

  /**
   * Likewise with adapters, whose changes add up.
   *
   * @throws ModelFileException also naming what is wrong with an adapter's file, or does not fit
   *     the model
   */
  public static Model load(Path path, List<Adapter> adapters) {
    return load(Checkpoint.of(path), adapters);
  }

  /** Likewise from wherever the checkpoint is: bytes in memory are copied. */
  public static Model load(Checkpoint checkpoint) {
    return load(checkpoint, List.of());
  }

  /** Likewise with adapters. */
  public static Model load(Checkpoint checkpoint, List<Adapter> adapters) {
    Ggml.require(); // the file is watched from the start then
    GgufFile file = checkpoint.open();
    try {
      return of(file, f -> new WeightSource(f, AdapterFile.open(adapters, f)));
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /**
   * Copies the weights of an open checkpoint to memory of their own, as f32, where they may be
   * changed: to train them. The file becomes the model's, which closes it.
   *
   * @param adapters what changes the matrices; closed with the model
   */
  public static Model copyOf(GgufFile file, List<? extends AdapterSource> adapters) {
    Ggml.require();
    return of(file, f -> WeightSource.copied(f, adapters));
  }

  /** Likewise without adapters. */
  public static Model copyOf(GgufFile file) {
    return copyOf(file, List.of());
  }

  /** The file, for its metadata. */
  public GgufFile file() {
    requireOpen();
    return file;
  }

  public Hyperparameters hyperparameters() {
    return hyperparameters;
  }

  /** The adapters it was loaded with. */
  public List<AdapterInfo> adapters() {
    return adapters;
  }

  /** Most operations that the adapters add to a graph. */
  public int adapterNodes() {
    return LowRank.NODES * weights.adapted();
  }

  public Tokenizer tokenizer() {
    requireOpen();
    return tokenizer;
  }

  /** How the file wants to be sampled: the defaults where it says nothing. */
  public RecommendedSampling sampling() {
    return sampling;
  }

  /**
   * What is odd about the file and does not keep it from being used, a sentence each, for people to
   * read.
   */
  public List<String> notes() {
    List<String> notes = new ArrayList<>(tokenizer.vocabulary().notes());
    notes.addAll(sampling.notes());
    return notes;
  }

  /** The file's own chat template, if it has one; read on the first call that renders. */
  public Optional<ChatTemplate> chatTemplate() {
    requireOpen();
    return ChatTemplate.of(file);
  }

  /** The graph's maker; for sessions. */
  public Network network() {
    requireOpen();
    return network;
  }

  /**
   * Throws if somebody has written to a file that is computed with, or cut it short: results since
   * the last call may be wrong.
   *
   * @throws ModelFileException naming the file
   */
  public void requireUnchanged() {
    weights.requireUnchanged();
  }

  /** The weights of {@link #copyOf} by name, in the order of the computation; else none. */
  public Map<String, Tensor> weights() {
    requireOpen();
    return weights.changeable();
  }

  /** Whether {@link #close} was not called yet. */
  public synchronized boolean isOpen() {
    return !closed;
  }

  /**
   * Keeps the weights mapped until the lease is closed, even if the model is closed before.
   *
   * @throws IllegalUseException if the model is closed
   */
  public synchronized Lease lease() {
    requireOpen();
    leases++;
    return new Lease();
  }

  /** A session's hold on the weights. */
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

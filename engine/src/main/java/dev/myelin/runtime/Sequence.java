package dev.myelin.runtime;

import dev.myelin.error.CancelledException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.model.build.Network;
import dev.myelin.natives.NativeMemory;
import dev.myelin.pass.Output;
import dev.myelin.snapshot.PromptCache;
import dev.myelin.snapshot.SnapshotReader;
import dev.myelin.state.SequenceStates;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One sequence of tokens in a {@link ModelRuntime}. Confined to one thread at a time; only {@link
 * #cancel} and {@link #position} may be called from any thread.
 */
public final class Sequence implements AutoCloseable {
  private static final AtomicLong COUNT = new AtomicLong();
  private static final int ALIGNMENT = 64;

  private final long id = COUNT.incrementAndGet();
  private final ModelRuntime runtime;
  private final SequenceStates states;
  private int[] tokens = new int[64];
  private volatile int position;
  private volatile boolean cancelled;
  private @Nullable SequenceFiles files;
  private @Nullable Arena bufferArena;
  private @Nullable MemorySegment buffer;

  Sequence(ModelRuntime runtime, SequenceStates states) {
    this.runtime = runtime;
    this.states = states;
  }

  /** Its number in this process, from 1. */
  public long id() {
    return id;
  }

  SequenceStates states() {
    return states;
  }

  /** Number of tokens. */
  public int position() {
    return position;
  }

  /** The tokens, oldest first. */
  public int[] tokens() {
    return Arrays.copyOf(tokens, position);
  }

  /** The token at a position. */
  public int token(int index) {
    return tokens[index];
  }

  /** The tokens and more; not to be changed. */
  int[] allTokens() {
    return tokens;
  }

  void append(int[] ids, int from, int count) {
    int end = position + count;
    if (tokens.length < end) {
      tokens = Arrays.copyOf(tokens, Math.max(end, 2 * tokens.length));
    }
    System.arraycopy(ids, from, tokens, position, count);
    position = end;
  }

  /**
   * Removes all but the first {@code length} tokens, and gives their memory back to the runtime.
   *
   * @throws InvalidRequestException if there are fewer
   */
  public void truncate(int length) {
    if (length < 0 || length > position) {
      throw new InvalidRequestException(
          "truncate to " + length + ": the session holds " + position + " tokens");
    }
    if (length < position) {
      position = length;
      runtime.truncated(this);
    }
  }

  /**
   * Appends tokens.
   *
   * @param ids the tokens, from index {@code from} on; in the vocabulary, and within the context
   * @param outputs how many of the last have outputs: 1, or any number if {@code count} is at most
   *     a batch
   * @return f32 [outputs][width of the output], valid until the sequence is used again
   * @throws CancelledException if {@link #cancel} was called, or the thread was interrupted; the
   *     tokens computed so far are kept
   * @throws dev.myelin.error.CapacityException if other sequences hold the memory that it needs
   * @throws dev.myelin.error.ModelFileException if the model file changed in the meantime
   */
  public MemorySegment compute(int[] ids, int from, int count, int outputs, Output output) {
    return runtime.compute(work(ids, from, count, outputs, output));
  }

  Work work(int[] ids, int from, int count, int outputs, Output output) {
    if (runtime.model().info().hasEncoder() && states.encoderLength() == 0) {
      throw new InvalidRequestException(
          runtime.model().info().architecture() + " models need the tokens of their encoder first");
    }
    Set<Output> emitted = Set.of(output);
    return new Work(this, Network.MAIN, ids, from, count, outputs, emitted);
  }

  /** Runs the encoder; the decoder then starts at position 0. */
  public void encode(int[] ids) {
    position = 0;
    runtime.compute(
        new Work(this, Network.ENCODE, ids, 0, ids.length, ids.length, Stepper.NOTHING));
  }

  /**
   * A sequence with the same tokens, which shares the memory of what both have computed.
   *
   * @throws dev.myelin.error.CapacityException if the runtime has no room for another
   */
  public Sequence fork() {
    return runtime.fork(this);
  }

  /**
   * Writes the tokens and states to a file.
   *
   * @param extra data of the application, at most 64 MB
   * @throws dev.myelin.error.ModelFileException if the file cannot be written
   */
  public void save(Path file, byte[] extra) {
    files().save(file, extra);
  }

  /**
   * Opens a file that {@link #save} has written, for {@link #restore}.
   *
   * @throws dev.myelin.error.ModelFileException naming the file and why it cannot be used
   */
  public SnapshotReader openSnapshot(Path file) {
    return files().open(file);
  }

  /**
   * Has the tokens and states of a snapshot from now on.
   *
   * @throws InvalidRequestException if this sequence is not empty
   * @throws dev.myelin.error.ModelFileException if the snapshot is damaged; the sequence stays
   *     empty
   * @throws dev.myelin.error.CapacityException if there is no room for it
   */
  public void restore(SnapshotReader snapshot) {
    files().restore(snapshot);
  }

  /**
   * Appends the first of these tokens, as far as the prompt cache has their states.
   *
   * @param ids tokens, from index {@code from} on
   * @return how many were appended, less than {@code count}
   */
  public int load(PromptCache cache, int[] ids, int from, int count) {
    return files().load(cache, ids, from, count);
  }

  /** Adds the full pages to the prompt cache. */
  public void store(PromptCache cache) {
    files().store(cache);
  }

  /** Made when it is first needed: most sequences have no files. */
  private SequenceFiles files() {
    if (files == null) {
      files = new SequenceFiles(runtime, this, states);
    }
    return files;
  }

  void copyTokens(Sequence other) {
    tokens = other.tokens.clone();
    position = other.position;
  }

  /** Memory for outputs; what was returned before becomes invalid if it is too small. */
  MemorySegment buffer(long bytes) {
    if (buffer == null || buffer.byteSize() < bytes) {
      closeBuffer();
      bufferArena = Arena.ofShared();
      buffer = NativeMemory.allocateZeroed(bufferArena, bytes, ALIGNMENT, "the outputs");
    }
    return buffer.asSlice(0, bytes);
  }

  private void closeBuffer() {
    if (bufferArena != null) {
      bufferArena.close();
      bufferArena = null;
      buffer = null;
    }
  }

  /** Ends the running computation soon, and rejects further ones until {@link #resume}. */
  public void cancel() {
    cancelled = true;
    runtime.cancelled();
  }

  public boolean isCancelled() {
    return cancelled;
  }

  /** Reverts {@link #cancel}. */
  public void resume() {
    cancelled = false;
    runtime.resumed();
  }

  /** Gives its memory back to the runtime. */
  @Override
  public void close() {
    runtime.close(this);
    closeBuffer();
  }
}

package dev.myelin.runtime;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.model.ModelInfo;
import dev.myelin.snapshot.PromptCache;
import dev.myelin.snapshot.SnapshotReader;
import dev.myelin.snapshot.SnapshotWriter;
import dev.myelin.state.PageTable;
import dev.myelin.state.SequenceImage;
import dev.myelin.state.SequencePages;
import dev.myelin.state.SequenceStates;
import dev.myelin.state.StateBlock;
import dev.myelin.state.StateExtent;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * Copies the states of a sequence to and from files, without holding up other sequences meanwhile.
 * Used by the thread that uses the sequence.
 */
final class SequenceFiles implements PromptCache.Access {
  private final ModelRuntime runtime;
  private final Sequence sequence;
  private final SequenceStates states;
  private final SequenceImage image;
  private final SequencePages pages;
  // of the prompt that was looked up last
  private int end;
  // all but its last token was in the files
  private boolean isKnown;

  SequenceFiles(ModelRuntime runtime, Sequence sequence, SequenceStates states) {
    this.runtime = runtime;
    this.sequence = sequence;
    this.states = states;
    image = new SequenceImage(states);
    pages = new SequencePages(states);
  }

  @Override
  public SequencePages pages() {
    return pages;
  }

  @Override
  public <T> T locked(Supplier<T> action) {
    return runtime.locked(action);
  }

  @Override
  public void reading(int length) {
    runtime.prepare(sequence, end - length);
  }

  private void lock(Runnable action) {
    runtime.locked(
        () -> {
          action.run();
          return true;
        });
  }

  /** {@link Sequence#save}. */
  void save(Path file, byte[] extra) {
    runtime.withMemory(
        () -> {
          write(file, extra);
          return true;
        });
  }

  private void write(Path file, byte[] extra) {
    SnapshotWriter.States held = locked(this::retain);
    try {
      SnapshotWriter.write(file, runtime.snapshotKey(sequence), held, sequence.tokens(), extra);
    } finally {
      lock(() -> held.blocks().forEach(StateBlock::release));
    }
  }

  private SnapshotWriter.States retain() {
    StateExtent extent = image.extent(sequence.position());
    return new SnapshotWriter.States(runtime.stateLayout(), extent, image.retain(extent));
  }

  /** {@link Sequence#openSnapshot}. */
  SnapshotReader open(Path file) {
    return SnapshotReader.open(
        file,
        runtime.snapshotKey(sequence),
        runtime.stateLayout(),
        runtime.options().contextLength());
  }

  /** {@link Sequence#restore}. */
  void restore(SnapshotReader snapshot) {
    if (sequence.position() > 0 || states.encoderLength() > 0) {
      throw new InvalidRequestException(
          "restore %s: the session holds %s tokens: expected an empty one"
              .formatted(snapshot.path(), sequence.position()));
    }
    int[] tokens = snapshot.tokens();
    check(snapshot, tokens);
    runtime.withMemory(
        () -> {
          fill(snapshot, tokens);
          return true;
        });
  }

  private void check(SnapshotReader snapshot, int[] tokens) {
    ModelInfo info = runtime.model().info();
    for (int token : tokens) {
      if (token < 0 || token >= info.vocabulary()) {
        throw new ModelFileException(
            snapshot.path(), "token " + token, "expected 0 to " + (info.vocabulary() - 1));
      }
    }
    StateExtent extent = snapshot.extent();
    int most = info.hasEncoder() ? runtime.options().contextLength() : 0;
    if (extent.encoderLength() > most) {
      throw new ModelFileException(
          snapshot.path(),
          extent.encoderLength() + " tokens of the encoder",
          "expected at most " + most);
    }
    if (!locked(() -> image.isPossible(extent))) {
      throw new ModelFileException(
          snapshot.path(),
          "pages " + extent.pages(),
          "expected those of " + extent.length() + " tokens");
    }
  }

  private void fill(SnapshotReader snapshot, int[] tokens) {
    List<StateBlock> blocks = locked(() -> image.reserve(snapshot.extent()));
    boolean isFilled = false;
    try {
      snapshot.read(blocks);
      isFilled = true;
    } finally {
      if (!isFilled) {
        lock(image::abandon);
      }
    }
    sequence.append(tokens, 0, tokens.length);
    lock(() -> image.restored(snapshot.extent(), sequence.allTokens()));
  }

  /** {@link Sequence#load}. */
  int load(PromptCache cache, int[] ids, int from, int count) {
    isKnown = false;
    int at = sequence.position();
    int limit = at + count - 1;
    boolean reachesPage = limit / PageTable.PAGE > at / PageTable.PAGE;
    if (!hasPages() || at % PageTable.PAGE != 0 || !reachesPage) {
      return 0;
    }
    append(locked(() -> states.extend(at, ids, from, count)), at, ids, from);
    int[] all = Arrays.copyOf(sequence.tokens(), at + count);
    int held = sequence.position();
    System.arraycopy(ids, from + held - at, all, held, at + count - held);
    end = at + count;
    int length =
        runtime.withMemory(() -> cache.load(runtime.snapshotKey(sequence), this, all, held));
    isKnown = length > held && held == at && length == limit;
    if (length > held) {
      append(length - held, at, ids, from);
      lock(() -> pages.filled(length, sequence.allTokens()));
    }
    return sequence.position() - at;
  }

  private void append(int count, int at, int[] ids, int from) {
    sequence.append(ids, from + sequence.position() - at, count);
  }

  /** {@link Sequence#store}. */
  void store(PromptCache cache) {
    boolean isStored = isKnown && sequence.position() == end;
    isKnown = false;
    if (!isStored && hasPages() && sequence.position() >= PageTable.PAGE) {
      runtime.withMemory(
          () -> {
            cache.store(runtime.snapshotKey(sequence), this, sequence.tokens());
            return true;
          });
    }
  }

  /** The states of a decoder depend on the encoder's tokens too: they are not kept. */
  private boolean hasPages() {
    ModelInfo info = runtime.model().info();
    return !info.hasEncoder() && !info.isOnePass();
  }
}

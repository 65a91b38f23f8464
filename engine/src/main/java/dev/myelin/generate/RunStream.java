package dev.myelin.generate;

import java.util.Spliterator;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** A text as a stream. Its consumer's thread computes: nothing is generated ahead. */
final class RunStream implements Spliterator<String> {
  private final RunSlot slot;
  private final GenerationRun run;
  private boolean begun;
  private volatile boolean closed;

  private RunStream(RunSlot slot, GenerationRun run) {
    this.slot = slot;
    this.run = run;
  }

  static Stream<String> of(RunSlot slot, GenerationRun run) {
    RunStream stream = new RunStream(slot, run);
    return StreamSupport.stream(stream, false).onClose(stream::close);
  }

  private void close() {
    closed = true;
    slot.cancel(run);
  }

  @Override
  public boolean tryAdvance(Consumer<? super String> action) {
    if (!begun && !closed) {
      slot.claim(run, null);
      begun = true;
      if (closed) { // meanwhile
        slot.cancel(run);
      }
    }
    if (!slot.enter(run)) {
      return false;
    }
    String text = null;
    try {
      text = run.next();
    } finally {
      if (text == null) {
        slot.release(run);
      } else {
        slot.leave(run);
      }
    }
    if (text == null) {
      return false;
    }
    action.accept(text);
    return true;
  }

  @Override
  public @Nullable Spliterator<String> trySplit() {
    return null;
  }

  @Override
  public long estimateSize() {
    return Long.MAX_VALUE;
  }

  @Override
  public int characteristics() {
    return ORDERED | NONNULL | IMMUTABLE;
  }
}

package dev.myelin.runtime;

import dev.myelin.concurrent.Uninterruptible;
import dev.myelin.error.CancelledException;
import dev.myelin.error.MyelinException;
import dev.myelin.graph.Graph;
import dev.myelin.model.build.Network;
import dev.myelin.pass.Output;
import dev.myelin.pass.Segment;
import dev.myelin.state.PageTable;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * Tokens that one sequence asks to be computed, piece by piece. If the states of the sequence are
 * not those of its end, its tokens since the last known ones are computed again first. Used by the
 * thread that computes, and before and after that by the one that waits.
 */
final class Work {
  private final Sequence sequence;
  private final String stage;
  private final int[] ids;
  private final int from;
  private final int outputs;
  private final Set<Output> emitted;
  // positions
  private final int start;
  private final int end;
  private int at;
  private boolean isPrepared;
  private int rowsDone;
  private @Nullable Segment piece;
  private @Nullable MemorySegment result;
  private @Nullable Throwable failure;
  private final CountDownLatch finished = new CountDownLatch(1);
  private volatile boolean cancelled;

  /**
   * @param ids the sequence's next tokens, from index {@code from} on
   * @param outputs how many of the last tokens have outputs
   */
  Work(
      Sequence sequence,
      String stage,
      int[] ids,
      int from,
      int count,
      int outputs,
      Set<Output> emitted) {
    this.sequence = sequence;
    this.stage = stage;
    this.ids = ids;
    this.from = from;
    this.outputs = outputs;
    this.emitted = emitted;
    start = isEncoder() ? 0 : sequence.position();
    end = start + count;
    at = start;
  }

  /** Finds the first token to compute. */
  void prepare() {
    if (!isPrepared) {
      isPrepared = true;
      if (!isEncoder()) {
        endTurn(); // of what was generated before
        at = sequence.states().rewind(start);
      }
    }
    extend();
  }

  private void endTurn() {
    if (end - start > 1) {
      sequence.states().endTurn();
    }
  }

  private boolean isEncoder() {
    return stage.equals(Network.ENCODE);
  }

  Sequence sequence() {
    return sequence;
  }

  String stage() {
    return stage;
  }

  /** Whether both can be in one batch. */
  boolean canJoin(Work other) {
    return stage.equals(other.stage) && emitted.equals(other.emitted);
  }

  /** The scales of the model's adapters. */
  List<Float> adapterScales() {
    return sequence.states().adapterScales();
  }

  Set<Output> emitted() {
    return emitted;
  }

  /** Tokens to be computed. */
  int left() {
    return end - at;
  }

  boolean isDone() {
    return at == end;
  }

  /** Whether it is the next token of a sequence that is generated. */
  boolean isDecode() {
    return end - at == 1 && end - start == 1;
  }

  /** Whether the caller is likely to ask for the token after the last one. */
  boolean endsWithNextToken() {
    return outputs == 1 && emitted.contains(Output.LOGITS);
  }

  /** The position of the next token to compute. */
  int position() {
    return at;
  }

  /** The token at a position before the end. */
  int token(int position) {
    return position < start ? sequence.token(position) : ids[from + position - start];
  }

  /** Whether both compute the same page next, with the same tokens. */
  boolean hasSamePage(Work other) {
    int first = at / PageTable.PAGE * PageTable.PAGE;
    if (other.at / PageTable.PAGE * PageTable.PAGE != first
        || Math.min(end, other.end) < first + PageTable.PAGE
        || !adapterScales().equals(other.adapterScales())
        || !sequence.states().isSamePrefix(other.sequence.states(), first)) {
      return false;
    }
    for (int i = first; i < first + PageTable.PAGE; i++) {
      if (token(i) != other.token(i)) {
        return false;
      }
    }
    return true;
  }

  /** Skips the tokens whose pages others have computed. */
  private void extend() {
    if (isEncoder()) {
      return;
    }
    int before = at;
    if (at < start) {
      at += sequence.states().extend(at, sequence.allTokens(), at, start - at + 1);
    }
    if (at >= start) {
      int skipped = at - start;
      at += sequence.states().extend(at, ids, from + skipped, end - at - outputs + 1);
    }
    if (at != before) {
      keepTokens();
    }
  }

  /** The next tokens, at most {@code max}; announces them to the states of the sequence. */
  Segment begin(int max) {
    boolean isAgain = at < start;
    int left = (isAgain ? start : end) - at;
    int count = Math.min(max, left);
    if (isAgain || endsWithNextToken()) {
      count = sequence.states().lengthOfPiece(at, count);
    }
    int rows = isAgain ? 0 : Math.max(0, at + count - Math.max(at, end - outputs));
    int[] source = isAgain ? sequence.allTokens() : ids;
    int index = isAgain ? at : from + at - start;
    if (isEncoder()) {
      sequence.states().beginEncoder(count);
    } else {
      sequence.states().begin(at, at + count);
    }
    Segment begun = new Segment(sequence.states(), source, index, count, at, rows);
    piece = begun;
    return begun;
  }

  /** Ends the piece that was begun and computed. */
  void commit() {
    Segment computed = piece;
    piece = null;
    at += computed.count();
    if (isEncoder()) {
      sequence.states().commitEncoder(computed.count());
      return;
    }
    keepTokens();
    sequence.states().commit(at, sequence.allTokens());
    if (isDone()) {
      endTurn();
    }
  }

  private void keepTokens() {
    if (at > start) {
      sequence.append(ids, from + sequence.position() - start, at - sequence.position());
    }
  }

  /** Ends the piece that was begun and not computed. */
  void rollback() {
    if (piece != null) {
      piece = null;
      sequence.states().rollback();
    }
  }

  /**
   * Copies the outputs of the piece to the sequence's own memory.
   *
   * @param first index of its first output in the batch
   * @param rows outputs of the piece
   * @param all outputs of the batch
   */
  void copy(Graph graph, int first, int rows, int all) {
    if (rows == 0) {
      return;
    }
    for (Output output : emitted) {
      MemorySegment source = graph.output(output.tensorName());
      long row = source.byteSize() / all;
      MemorySegment own = sequence.buffer(outputs * row);
      MemorySegment.copy(source, first * row, own, rowsDone * row, rows * row);
      result = own;
    }
    rowsDone += rows;
  }

  /** Has the outputs in the memory of the graph, unless they are of several pieces. */
  void share(Graph graph, int first, int rows, int all) {
    if (rows < outputs) {
      copy(graph, first, rows, all);
      return;
    }
    for (Output output : emitted) {
      MemorySegment source = graph.output(output.tensorName());
      long row = source.byteSize() / all;
      result = source.asSlice(first * row, rows * row);
    }
  }

  /** The outputs. */
  @Nullable MemorySegment result() {
    return result;
  }

  void cancel() {
    cancelled = true;
  }

  boolean isCancelled() {
    return cancelled || sequence.isCancelled();
  }

  /** Lets the waiting thread go on. */
  void finish() {
    finished.countDown();
  }

  /** As above, with an exception. */
  void fail(Throwable e) {
    failure = e;
    finished.countDown();
  }

  /** Whether the waiting thread may go on. */
  boolean isFinished() {
    return finished.getCount() == 0;
  }

  CancelledException cancelled() {
    return new CancelledException("cancelled at position " + sequence.position());
  }

  /** Waits until it is computed. */
  void await() throws InterruptedException {
    finished.await();
  }

  /** Waits until the computing thread does not use it any more; keeps an interrupt for later. */
  void awaitUninterruptibly() {
    Uninterruptible.run(finished::await);
  }

  /** Throws what the computation threw. */
  void rethrow() {
    if (failure instanceof MyelinException e) {
      throw e;
    }
    if (failure != null) {
      throw new MyelinException("computation failed: " + failure, failure);
    }
  }
}

package dev.myelin.train;

import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Tensor;
import dev.myelin.graph.TensorBuffer;
import dev.myelin.graph.TensorContext;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** What a training graph reads of a batch. It lies outside the graph, which would reuse it. */
final class BatchInputs implements AutoCloseable {
  private final BatchShape shape;
  private final int vocabulary;
  private final TensorContext context = new TensorContext(6);
  private final TensorBuffer buffer;
  private final Tensor tokens;
  private final Tensor positions;
  private final Tensor mask;
  private final Tensor labels;
  private final Tensor learned;
  private final Tensor scale;
  private final int[] targets;
  private int active;

  BatchInputs(BatchShape shape, int vocabulary) {
    this.shape = shape;
    this.vocabulary = vocabulary;
    targets = new int[shape.tokens()];
    tokens = context.tensor("tokens", GgmlType.I32, shape.tokens());
    positions = context.tensor("positions", GgmlType.I32, shape.tokens());
    mask = context.tensor("mask", GgmlType.F32, shape.context(), shape.context());
    labels = context.tensor("labels", GgmlType.F32, vocabulary, shape.tokens());
    learned = context.tensor("learned", GgmlType.F32, 1, shape.tokens());
    scale = context.tensor("scale", GgmlType.F32, 1);
    long bytes = 0;
    Tensor[] all = {tokens, positions, mask, labels, learned, scale};
    for (Tensor t : all) {
      bytes += TensorBuffer.roundUp(t.type().bytes(t.elements()));
    }
    try {
      buffer = TensorBuffer.allocateZeroed(bytes);
    } catch (RuntimeException e) {
      context.close();
      throw e;
    }
    for (Tensor t : all) {
      buffer.append(t);
    }
    fillConstants();
  }

  private void fillConstants() {
    int context = shape.context();
    MemorySegment where = positions.data();
    for (int i = 0; i < shape.tokens(); i++) {
      where.setAtIndex(ValueLayout.JAVA_INT, i, i % context);
    }
    MemorySegment seen = mask.data();
    for (long row = 0; row < context; row++) {
      for (long column = row + 1; column < context; column++) {
        seen.setAtIndex(ValueLayout.JAVA_FLOAT, row * context + column, Float.NEGATIVE_INFINITY);
      }
    }
  }

  /**
   * Takes a batch.
   *
   * @param windows {@link BatchShape#window} tokens of each sequence, one after the other; {@code
   *     ~id} of those that are read and not learned
   */
  void fill(int[] windows) {
    MemorySegment ids = tokens.data();
    MemorySegment oneHot = labels.data();
    active = 0;
    for (int i = 0; i < shape.tokens(); i++) {
      int at = i / shape.context() * shape.window() + i % shape.context();
      int id = windows[at];
      ids.setAtIndex(ValueLayout.JAVA_INT, i, id < 0 ? ~id : id);
      long row = (long) i * vocabulary;
      oneHot.setAtIndex(ValueLayout.JAVA_FLOAT, row + targets[i], 0f);
      int next = windows[at + 1];
      boolean counts = next >= 0;
      targets[i] = counts ? next : 0;
      oneHot.setAtIndex(ValueLayout.JAVA_FLOAT, row + targets[i], counts ? 1f : 0f);
      learned.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, counts ? 1f : 0f);
      active += counts ? 1 : 0;
    }
    float factor = active == 0 ? 0f : (float) shape.tokens() / active;
    scale.data().set(ValueLayout.JAVA_FLOAT, 0, factor);
  }

  /** Positions of the batch whose next token is learned. */
  int active() {
    return active;
  }

  BatchShape shape() {
    return shape;
  }

  /** i32 [tokens]. */
  Tensor tokens() {
    return tokens;
  }

  /** i32 [tokens]. */
  Tensor positions() {
    return positions;
  }

  /** f32 [context, context]: 0 where a position sees another, else -infinity. */
  Tensor mask() {
    return mask;
  }

  /** f32 [1, tokens]: 1 where the token that follows is learned, else 0. */
  Tensor learned() {
    return learned;
  }

  /** f32 [1]: from the mean over all positions to that over the {@link #active} ones. */
  Tensor scale() {
    return scale;
  }

  /** f32 [vocabulary, tokens]: 1 at the token that follows, else 0. */
  Tensor labels() {
    return labels;
  }

  @Override
  public void close() {
    context.close();
    buffer.close();
  }
}

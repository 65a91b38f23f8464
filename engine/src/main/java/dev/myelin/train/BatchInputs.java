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
  private final TensorContext context = new TensorContext(4);
  private final TensorBuffer buffer;
  private final Tensor tokens;
  private final Tensor positions;
  private final Tensor mask;
  private final Tensor labels;
  private final int[] targets;

  BatchInputs(BatchShape shape, int vocabulary) {
    this.shape = shape;
    this.vocabulary = vocabulary;
    targets = new int[shape.tokens()];
    tokens = context.tensor("tokens", GgmlType.I32, shape.tokens());
    positions = context.tensor("positions", GgmlType.I32, shape.tokens());
    mask = context.tensor("mask", GgmlType.F32, shape.context(), shape.context());
    labels = context.tensor("labels", GgmlType.F32, vocabulary, shape.tokens());
    long bytes = 0;
    for (Tensor t : new Tensor[] {tokens, positions, mask, labels}) {
      bytes += TensorBuffer.roundUp(t.type().bytes(t.elements()));
    }
    try {
      buffer = TensorBuffer.zeroes(bytes);
    } catch (RuntimeException e) {
      context.close();
      throw e;
    }
    for (Tensor t : new Tensor[] {tokens, positions, mask, labels}) {
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
   * @param windows {@link BatchShape#window} tokens of each sequence, one after the other
   */
  void fill(int[] windows) {
    MemorySegment ids = tokens.data();
    MemorySegment oneHot = labels.data();
    for (int i = 0; i < shape.tokens(); i++) {
      int at = i / shape.context() * shape.window() + i % shape.context();
      ids.setAtIndex(ValueLayout.JAVA_INT, i, windows[at]);
      long row = (long) i * vocabulary;
      oneHot.setAtIndex(ValueLayout.JAVA_FLOAT, row + targets[i], 0f);
      targets[i] = windows[at + 1];
      oneHot.setAtIndex(ValueLayout.JAVA_FLOAT, row + targets[i], 1f);
    }
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

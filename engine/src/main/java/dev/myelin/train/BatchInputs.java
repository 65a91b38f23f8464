package dev.myelin.train;

import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Tensor;
import dev.myelin.graph.TensorBuffer;
import dev.myelin.graph.TensorContext;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The input tensors of a training graph. They are allocated outside the graph, whose allocator
 * would reuse their memory.
 */
final class BatchInputs implements AutoCloseable {
  private final BatchShape shape;
  private final int vocabulary;
  private final TensorContext context = new TensorContext(6);
  private final TensorBuffer buffer;
  private final Tensor tokens;
  private final Tensor positions;
  private final Tensor mask;
  private final Tensor labels;
  private final Tensor lossMask;
  private final Tensor lossScale;
  private final int[] targets;
  private int targetCount;

  BatchInputs(BatchShape shape, int vocabulary) {
    this.shape = shape;
    this.vocabulary = vocabulary;
    targets = new int[shape.tokens()];
    tokens = context.tensor("tokens", GgmlType.I32, shape.tokens());
    positions = context.tensor("positions", GgmlType.I32, shape.tokens());
    mask = context.tensor("mask", GgmlType.F32, shape.context(), shape.context());
    labels = context.tensor("labels", GgmlType.F32, vocabulary, shape.tokens());
    lossMask = context.tensor("loss_mask", GgmlType.F32, 1, shape.tokens());
    lossScale = context.tensor("loss_scale", GgmlType.F32, 1);
    long bytes = 0;
    Tensor[] all = {tokens, positions, mask, labels, lossMask, lossScale};
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
    MemorySegment positionData = positions.data();
    for (int i = 0; i < shape.tokens(); i++) {
      positionData.setAtIndex(ValueLayout.JAVA_INT, i, i % context);
    }
    MemorySegment maskData = mask.data();
    for (long row = 0; row < context; row++) {
      for (long column = row + 1; column < context; column++) {
        maskData.setAtIndex(
            ValueLayout.JAVA_FLOAT, row * context + column, Float.NEGATIVE_INFINITY);
      }
    }
  }

  /**
   * Fills the inputs with a batch.
   *
   * @param windows {@link BatchShape#windowLength} tokens of each sequence, concatenated; {@code
   *     ~id} for tokens that are excluded from the loss
   */
  void fill(int[] windows) {
    MemorySegment ids = tokens.data();
    MemorySegment oneHot = labels.data();
    targetCount = 0;
    for (int i = 0; i < shape.tokens(); i++) {
      int index = i / shape.context() * shape.windowLength() + i % shape.context();
      int id = windows[index];
      ids.setAtIndex(ValueLayout.JAVA_INT, i, id < 0 ? ~id : id);
      long row = (long) i * vocabulary;
      oneHot.setAtIndex(ValueLayout.JAVA_FLOAT, row + targets[i], 0f);
      int next = windows[index + 1];
      boolean isTarget = next >= 0;
      targets[i] = isTarget ? next : 0;
      oneHot.setAtIndex(ValueLayout.JAVA_FLOAT, row + targets[i], isTarget ? 1f : 0f);
      lossMask.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, isTarget ? 1f : 0f);
      targetCount += isTarget ? 1 : 0;
    }
    float factor = targetCount == 0 ? 0f : (float) shape.tokens() / targetCount;
    lossScale.data().set(ValueLayout.JAVA_FLOAT, 0, factor);
  }

  /** Number of positions whose next token counts in the loss. */
  int targetCount() {
    return targetCount;
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

  /** f32 [context, context], the causal mask: 0 or -infinity. */
  Tensor mask() {
    return mask;
  }

  /** f32 [1, tokens]: 1 where the next token counts in the loss, else 0. */
  Tensor lossMask() {
    return lossMask;
  }

  /**
   * f32 [1]: scales the mean over all positions to the mean over {@link #targetCount} positions.
   */
  Tensor lossScale() {
    return lossScale;
  }

  /** f32 [vocabulary, tokens]: the next token, one-hot. */
  Tensor labels() {
    return labels;
  }

  @Override
  public void close() {
    context.close();
    buffer.close();
  }
}

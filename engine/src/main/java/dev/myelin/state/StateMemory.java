package dev.myelin.state;

import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Tensor;
import dev.myelin.graph.TensorBuffer;
import dev.myelin.graph.TensorContext;
import java.util.function.Consumer;

/**
 * Tensors in memory that starts zeroed; the system commits its pages as they are written. Confined
 * to one thread at a time.
 */
final class StateMemory implements AutoCloseable {
  private final TensorContext context;
  private final TensorBuffer buffer;

  /**
   * @param tensors how many at most
   * @param bytes of all, each rounded up by {@link TensorBuffer#roundUp}
   * @param fill adds them
   */
  StateMemory(int tensors, long bytes, Consumer<StateMemory> fill) {
    context = new TensorContext(Math.max(1, tensors));
    TensorBuffer memory = null;
    try {
      memory = TensorBuffer.allocateZeroed(Math.max(1, bytes));
      buffer = memory;
      fill.accept(this);
    } catch (RuntimeException e) {
      context.close();
      if (memory != null) {
        memory.close();
      }
      throw e;
    }
  }

  Tensor add(String name, GgmlType type, long... dims) {
    Tensor tensor = context.tensor(name, type, dims);
    buffer.append(tensor);
    return tensor;
  }

  @Override
  public void close() {
    context.close();
    buffer.close();
  }
}

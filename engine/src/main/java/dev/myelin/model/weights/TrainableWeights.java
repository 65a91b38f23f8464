package dev.myelin.model.weights;

import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.graph.Dequantizer;
import dev.myelin.graph.Tensor;
import dev.myelin.graph.TensorBuffer;
import dev.myelin.graph.TensorContext;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Weights copied to memory as f32, whatever their type in the file. */
final class TrainableWeights implements WeightSource.Placement {
  /** Name prefix of the optimiser tensors in a training checkpoint. */
  static final String OPTIMIZER_PREFIX = "optimizer.";

  private final GgufFile file;
  private final TensorBuffer buffer;
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  TrainableWeights(GgufFile file) {
    this.file = file;
    long bytes = 0;
    for (TensorInfo info : file.tensors()) {
      if (info.name().startsWith(OPTIMIZER_PREFIX)) {
        continue;
      }
      bytes += TensorBuffer.roundUp(GgmlType.F32.bytes(info.elements()));
    }
    buffer = TensorBuffer.allocateZeroed(Math.max(bytes, Float.BYTES));
  }

  @Override
  public Tensor place(TensorContext context, TensorInfo info, long[] shape) {
    Tensor placed = tensors.get(info.name());
    if (placed == null) {
      placed = context.tensor(info.name(), GgmlType.F32, shape);
      buffer.append(placed);
      // types that no kernel multiplies were rejected before
      Dequantizer dequantizer = Dequantizer.of(info.type()).orElseThrow();
      MemorySegment floats = dequantizer.dequantize(file.data(info), placed.data());
      if (info.type() == GgmlType.F32) {
        placed.data().copyFrom(floats);
      }
      tensors.put(info.name(), placed);
    }
    return placed;
  }

  @Override
  public Map<String, Tensor> trainableWeights() {
    return Collections.unmodifiableMap(tensors);
  }

  @Override
  public void close() {
    buffer.close();
  }
}

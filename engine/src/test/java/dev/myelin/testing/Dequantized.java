package dev.myelin.testing;

import dev.myelin.gguf.DataSource;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.graph.Dequantizer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/**
 * Writes a model with dequantised weights: the common reference for two engines that round
 * activations differently. The difference between the engines has no tight bound, but the error of
 * each against this reference is similar.
 */
public final class Dequantized {
  /** libllama supports it for nvfp4 only: it is multiplied into the weights. */
  private static final String OUTPUT_SCALE = "output.scale";

  private Dequantized() {}

  /** Writes the dequantised model and returns its path. */
  public static Path write(Path quantized, Path f32) {
    try (GgufFile file = GgufFile.open(quantized);
        Arena arena = Arena.ofConfined()) {
      GgufWriter writer = new GgufWriter().putAll(file.metadata());
      float scale = outputScale(file);
      for (TensorInfo t : file.tensors()) {
        if (t.name().equals(OUTPUT_SCALE)) {
          continue;
        }
        long[] dims = t.shape().stream().mapToLong(Long::longValue).toArray();
        MemorySegment values = file.data(t);
        if (t.type() != GgmlType.F32) {
          MemorySegment out = arena.allocate(t.elements() * Float.BYTES, 64);
          values = Dequantizer.of(t.type()).orElseThrow().dequantize(values, out);
        }
        if (t.name().equals("output.weight") && scale != 1) {
          values = multiply(values, scale);
        }
        writer.tensor(t.name(), GgmlType.F32, dims, DataSource.of(values));
      }
      writer.write(f32);
    }
    return f32;
  }

  private static float outputScale(GgufFile file) {
    return file.tensors().stream()
        .filter(t -> t.name().equals(OUTPUT_SCALE))
        .findAny()
        .map(t -> file.data(t).get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0))
        .orElse(1f);
  }

  private static MemorySegment multiply(MemorySegment values, float scale) {
    float[] all = values.toArray(ValueLayout.JAVA_FLOAT);
    for (int i = 0; i < all.length; i++) {
      all[i] *= scale;
    }
    return MemorySegment.ofArray(all);
  }
}

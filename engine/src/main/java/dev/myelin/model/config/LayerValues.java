package dev.myelin.model.config;

import dev.myelin.gguf.GgufArray;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufValue;

/** Integers that a file stores as a scalar for all layers or as an array of one per layer. */
final class LayerValues {
  private LayerValues() {}

  /**
   * The value for a layer, without a range check.
   *
   * @throws dev.myelin.error.ModelFileException if the value is neither an integer nor an array
   *     with one integer per layer
   */
  static int ofLayer(GgufFile file, String key, int layer, int layers) {
    GgufValue value = file.metadata().value(key);
    if (!(value instanceof GgufArray array)) {
      return file.metadata().u32(key);
    }
    if (!array.elementType().isInteger() || array.size() != layers) {
      throw file.metadata()
          .error(key, "expected an integer, or one for each of " + layers + " layers");
    }
    long element = array.i64(layer);
    if (element < 0 || element > Integer.MAX_VALUE) {
      throw file.metadata().error(key, "expected integers from 0 to " + Integer.MAX_VALUE);
    }
    return (int) element;
  }
}

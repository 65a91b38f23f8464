package dev.myelin.model.config;

import dev.myelin.error.UnsupportedModelException;
import dev.myelin.gguf.GgufArray;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufValue;

/**
 * Integers that a file stores as a scalar for all layers or as an array with one element per layer.
 * The supported architectures have layers of equal shape, so the elements of an array must be
 * equal.
 */
final class LayerValues {
  private LayerValues() {}

  /**
   * The value for all layers, without a range check.
   *
   * @throws UnsupportedModelException if a layer differs; names the first one
   * @throws dev.myelin.error.ModelFileException if the value is neither an integer nor an array
   *     with one integer per layer
   */
  static int sameInAllLayers(GgufFile file, String key, int layers) {
    GgufValue value = file.metadata().value(key);
    if (!(value instanceof GgufArray array)) {
      return file.metadata().u32(key);
    }
    if (!array.elementType().isInteger() || array.size() != layers) {
      throw file.metadata()
          .error(key, "expected an integer, or one for each of " + layers + " layers");
    }
    long first = array.i64(0);
    for (int i = 1; i < layers; i++) {
      if (array.i64(i) != first) {
        throw new UnsupportedModelException(
            file.path(),
            "key " + key + " = " + first + " in layer 0, " + array.i64(i) + " in layer " + i,
            "expected the same in all layers");
      }
    }
    if (first < 0 || first > Integer.MAX_VALUE) {
      throw file.metadata().error(key, "expected integers from 0 to " + Integer.MAX_VALUE);
    }
    return (int) first;
  }
}

package dev.myelin.model;

import dev.myelin.adapter.Adapter;
import dev.myelin.adapter.AdapterInfo;
import dev.myelin.error.InvalidRequestException;
import java.util.Arrays;
import java.util.List;

/** The scales of adapters by their numbers. Stateless and thread-safe. */
final class AdapterScales {
  private AdapterScales() {}

  /** Implements {@link Model#adapterScales(List)}. */
  static List<Float> of(List<Adapter> chosen, List<AdapterInfo> loaded) {
    Float[] scales = new Float[loaded.size()];
    Arrays.fill(scales, 0f);
    for (Adapter adapter : chosen) {
      scales[number(adapter, loaded)] = adapter.scale();
    }
    return List.of(scales);
  }

  private static int number(Adapter adapter, List<AdapterInfo> loaded) {
    for (int i = 0; i < loaded.size(); i++) {
      if (loaded.get(i).file().equals(adapter.file())) {
        return i;
      }
    }
    throw new InvalidRequestException(
        "adapter " + adapter.file() + ": the model was loaded without it");
  }
}

package dev.myelin.adapter;

import dev.myelin.error.UnsupportedModelException;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.Metadata;
import java.util.List;

/** The metadata keys of an adapter and their checks. */
final class AdapterKeys {
  static final String TYPE = "general.type";
  static final String ARCHITECTURE = "general.architecture";
  static final String ADAPTER_TYPE = "adapter.type";
  static final String ALPHA = "adapter.lora.alpha";

  private static final String INVOCATION_TOKENS = "adapter.alora.invocation_tokens";

  /** Keys that an adapter may repeat from its model; their values must be equal. */
  private static final List<String> MODEL_KEYS =
      List.of(
          "block_count",
          "embedding_length",
          "feed_forward_length",
          "attention.head_count",
          "attention.head_count_kv",
          "expert_count");

  private AdapterKeys() {}

  /**
   * Rejects a file that is not a LoRA adapter, or is for another model.
   *
   * @return alpha, 0 if the file has none
   */
  static float check(GgufFile adapter, GgufFile model) {
    Metadata keys = adapter.metadata();
    if (!keys.optString(TYPE).orElse("").equals("adapter")) {
      throw keys.error(TYPE, "expected \"adapter\"");
    }
    if (!keys.string(ADAPTER_TYPE).equals("lora")) {
      throw keys.error(ADAPTER_TYPE, "expected \"lora\"");
    }
    checkModel(keys, model);
    if (keys.has(INVOCATION_TOKENS)) {
      throw new UnsupportedModelException(
          adapter.path(),
          "key " + INVOCATION_TOKENS,
          "adapters activated by invocation tokens are not supported");
    }
    float alpha = keys.f32(ALPHA, 0);
    if (!Float.isFinite(alpha)) {
      throw keys.error(ALPHA, "expected a finite number");
    }
    return alpha;
  }

  private static void checkModel(Metadata keys, GgufFile model) {
    String suffix = ", the value of " + model.path() + ": the adapter is for another model";
    String architecture = model.metadata().string(ARCHITECTURE);
    if (!keys.string(ARCHITECTURE).equals(architecture)) {
      throw keys.error(ARCHITECTURE, "expected " + architecture + suffix);
    }
    for (String name : MODEL_KEYS) {
      String key = architecture + "." + name;
      if (keys.has(key) && model.metadata().has(key)) {
        int expected = model.metadata().u32(key);
        if (keys.u32(key) != expected) {
          throw keys.error(key, "expected " + expected + suffix);
        }
      }
    }
  }
}

package dev.myelin.adapter;

import dev.myelin.error.UnsupportedModelException;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.Metadata;
import java.util.List;

/** The metadata of an adapter: its keys, and what they must say. */
final class AdapterKeys {
  static final String TYPE = "general.type";
  static final String ARCHITECTURE = "general.architecture";
  static final String ADAPTER_TYPE = "adapter.type";
  static final String ALPHA = "adapter.lora.alpha";

  private static final String INVOCATION = "adapter.alora.invocation_tokens";

  /** What an adapter may repeat of its model, and must then repeat rightly. */
  private static final List<String> CONSTANTS =
      List.of(
          "block_count",
          "embedding_length",
          "feed_forward_length",
          "attention.head_count",
          "attention.head_count_kv",
          "expert_count");

  private AdapterKeys() {}

  /**
   * Refuses a file that is no adapter of low rank, or one for another model.
   *
   * @return alpha, 0 where the file has none
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
    if (keys.has(INVOCATION)) {
      throw new UnsupportedModelException(
          adapter.path(),
          "key " + INVOCATION,
          "adapters that begin to count at certain tokens are not supported");
    }
    float alpha = keys.f32(ALPHA, 0);
    if (!Float.isFinite(alpha)) {
      throw keys.error(ALPHA, "expected a finite number");
    }
    return alpha;
  }

  private static void checkModel(Metadata keys, GgufFile model) {
    String of = " as " + model.path() + " has: this adapter is for another model";
    String architecture = model.metadata().string(ARCHITECTURE);
    if (!keys.string(ARCHITECTURE).equals(architecture)) {
      throw keys.error(ARCHITECTURE, "expected " + architecture + of);
    }
    for (String constant : CONSTANTS) {
      String key = architecture + "." + constant;
      if (keys.has(key) && model.metadata().has(key)) {
        int expected = model.metadata().u32(key);
        if (keys.u32(key) != expected) {
          throw keys.error(key, "expected " + expected + of);
        }
      }
    }
  }
}

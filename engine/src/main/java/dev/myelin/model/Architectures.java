package dev.myelin.model;

import dev.myelin.error.UnsupportedModelException;
import dev.myelin.gguf.GgufFile;
import dev.myelin.model.architecture.Bert;
import dev.myelin.model.architecture.DeepSeek2;
import dev.myelin.model.architecture.DeepSeek32;
import dev.myelin.model.architecture.FalconH1;
import dev.myelin.model.architecture.Gemma2;
import dev.myelin.model.architecture.Gemma3;
import dev.myelin.model.architecture.Gemma3n;
import dev.myelin.model.architecture.GemmaEmbedding;
import dev.myelin.model.architecture.Gpt2;
import dev.myelin.model.architecture.GptOss;
import dev.myelin.model.architecture.Llama;
import dev.myelin.model.architecture.Llama4;
import dev.myelin.model.architecture.Mamba2;
import dev.myelin.model.architecture.Qwen2;
import dev.myelin.model.architecture.Qwen3;
import dev.myelin.model.architecture.Qwen3Next;
import dev.myelin.model.architecture.T5;
import dev.myelin.model.build.Architecture;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * The registry of supported architectures. A new one is a class and a line here. A class is loaded
 * when a file needs it. Stateless and thread-safe.
 */
public final class Architectures {
  private static final Map<String, Supplier<Architecture>> ALL = new TreeMap<>();

  static {
    ALL.put("bert", Bert::new);
    ALL.put("deepseek2", DeepSeek2::new);
    ALL.put("deepseek32", DeepSeek32::new);
    ALL.put("falcon-h1", FalconH1::new);
    ALL.put("gemma-embedding", GemmaEmbedding::new);
    ALL.put("gemma2", Gemma2::new);
    ALL.put("gemma3", Gemma3::new);
    ALL.put("gemma3n", Gemma3n::new);
    ALL.put("gpt-oss", GptOss::new);
    ALL.put("gpt2", Gpt2::new);
    ALL.put("llama", Llama::new);
    ALL.put("llama4", Llama4::new);
    ALL.put("mamba2", Mamba2::new);
    ALL.put("qwen2", Qwen2::new);
    ALL.put("qwen3", Qwen3::new);
    ALL.put("qwen3next", Qwen3Next::new);
    ALL.put("t5", T5::new);
  }

  private Architectures() {}

  /** The names, in alphabetical order. */
  public static List<String> names() {
    return List.copyOf(ALL.keySet());
  }

  /**
   * The name of the architecture of a file.
   *
   * @throws UnsupportedModelException listing the known architectures, if the file's is not one of
   *     them
   */
  static String nameOf(GgufFile file) {
    if (file.metadata().optString("general.type").orElse("").equals("adapter")) {
      throw new UnsupportedModelException(
          file.path(), "general.type = adapter", "expected a model, not an adapter");
    }
    String name = file.metadata().string("general.architecture");
    if (!ALL.containsKey(name)) {
      throw new UnsupportedModelException(
          file.path(), "general.architecture = " + name, "known are " + String.join(", ", names()));
    }
    return name;
  }

  /** The architecture of that name. */
  static Architecture get(String name) {
    return ALL.get(name).get();
  }
}

package dev.myelin.model;

import dev.myelin.error.UnsupportedModelException;
import dev.myelin.gguf.GgufFile;
import dev.myelin.model.architecture.Gpt2;
import dev.myelin.model.architecture.Llama;
import dev.myelin.model.architecture.Qwen2;
import dev.myelin.model.architecture.Qwen3;
import dev.myelin.model.build.Architecture;
import java.util.List;

/**
 * The registry of supported architectures. A new one is a class and a line here. Stateless and
 * thread-safe.
 */
public final class Architectures {
  private static final List<Architecture> ALL =
      List.of(
          new Gpt2(), //
          new Llama(),
          new Qwen2(),
          new Qwen3());

  private Architectures() {}

  /** The names, in alphabetical order. */
  public static List<String> names() {
    return ALL.stream().map(Architecture::name).toList();
  }

  /**
   * The architecture of a file.
   *
   * @throws UnsupportedModelException listing the known architectures, if the file's is not one of
   *     them
   */
  public static Architecture of(GgufFile file) {
    if (file.metadata().optString("general.type").orElse("").equals("adapter")) {
      throw new UnsupportedModelException(
          file.path(), "general.type = adapter", "expected a model, not an adapter");
    }
    String name = file.metadata().string("general.architecture");
    return ALL.stream()
        .filter(a -> a.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new UnsupportedModelException(
                    file.path(),
                    "general.architecture = " + name,
                    "known are " + String.join(", ", names())));
  }
}

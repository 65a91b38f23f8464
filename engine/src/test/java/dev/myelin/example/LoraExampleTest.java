package dev.myelin.example;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.adapter.Adapter;
import dev.myelin.generate.GenerateOptions;
import dev.myelin.generate.Generator;
import dev.myelin.generate.Session;
import dev.myelin.model.Model;
import dev.myelin.sampling.SamplingOptions;
import dev.myelin.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoraExampleTest {
  @Test
  void docsContainCompiledExample() throws IOException {
    Path root = SharedData.projectRoot();
    String source =
        Files.readString(
            root.resolve("engine/src/test/java/dev/myelin/example/WordSwapAdapterExample.java"));
    String example =
        source
            .substring(source.indexOf("// example\n") + 11, source.indexOf("      // end"))
            .stripTrailing()
            .stripIndent();
    assertThat(Files.readString(root.resolve("docs/lora.md"))).contains(example);
  }

  @Test
  void adapterReplacesName(@TempDir Path folder) {
    Path file = SharedData.path("models/stories260K-f32.gguf");
    Path adapter = folder.resolve("timmy.gguf");
    WordSwapAdapterExample.main(file, "Lily", "Timmy", adapter);
    assertThat(text(file, List.of())).startsWith(" She had a big box");
    assertThat(text(file, List.of(Adapter.of(adapter)))).startsWith(" He had a big box");
  }

  private static String text(Path file, List<Adapter> adapters) {
    StringBuilder text = new StringBuilder();
    try (Model model = Model.load(file, adapters);
        Session session = Session.open(model)) {
      new Generator(session, SamplingOptions.greedy())
          .generate("Lily was happy.", GenerateOptions.tokens(12), text::append);
    }
    return text.toString();
  }
}

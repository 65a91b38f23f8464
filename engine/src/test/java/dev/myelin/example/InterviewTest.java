package dev.myelin.example;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.testing.RandomModel;
import dev.myelin.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InterviewTest {
  @Test
  void docsContainCompiledExample() throws IOException {
    Path root = SharedData.projectRoot();
    String source =
        Files.readString(
            root.resolve("engine/src/test/java/dev/myelin/example/InterviewExample.java"));
    String example =
        source
            .substring(source.indexOf("// example\n") + 11, source.indexOf("    // end"))
            .stripTrailing()
            .stripIndent();
    assertThat(Files.readString(root.resolve("docs/library.md"))).contains(example);
  }

  @Test
  void everyQuestionGetsReply(@TempDir Path folder) {
    RandomModel model = RandomModel.small("llama");
    Path file =
        model.withShape(model.shape().withContextLength(2048)).write(folder.resolve("model.gguf"));
    StringBuilder out = new StringBuilder();
    assertThat(InterviewExample.main(file, List.of("one", "two"), out)).isEqualTo(5);
    assertThat(out.toString()).hasSizeGreaterThan(2).endsWith("\n");
  }
}

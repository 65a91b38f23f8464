package dev.myelin.example;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ReadmeExampleTest {
  private static final Path SOURCE =
      SharedData.projectRoot()
          .resolve("engine/src/test/java/dev/myelin/example/StreamTextExample.java");

  @Test
  void readmeContainsCompiledExample() throws IOException {
    String source = Files.readString(SOURCE);
    String example =
        source
            .substring(source.indexOf("// example\n") + 11, source.indexOf("    // end"))
            .stripTrailing()
            .stripIndent();
    String readme = Files.readString(SharedData.projectRoot().resolve("README.md"));
    assertThat(readme).contains(example);
  }

  @Test
  void exampleWritesStory() throws IOException {
    Path model = SharedData.path("models/stories260K-f32.gguf");
    String expected = Files.readString(SharedData.path("models/stories260K-greedy.txt"));
    StringBuilder text = new StringBuilder("Once upon a time");
    StreamTextExample.main(model, text::append);
    assertThat(text.toString().strip()).isEqualTo(expected.strip());
  }
}

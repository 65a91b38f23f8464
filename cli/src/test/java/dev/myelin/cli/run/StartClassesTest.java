package dev.myelin.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.cli.ChildProcess;
import dev.myelin.testing.SharedData;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Classes that are not loaded until the first token. */
class StartClassesTest {
  private static final Path MODEL = SharedData.path("models/stories260K-Q8_0.gguf");

  private static final Pattern UNWANTED =
      Pattern.compile(
          "java\\.util\\.logging\\.|jdk\\.internal\\.logger\\.|System\\$Logger|jdk\\.jfr\\.Event"
              + "|dev\\.myelin\\.\\w+\\.\\w+Event ");

  @TempDir Path folder;

  private List<String> classes(String... options) throws Exception {
    Path log = folder.resolve("classes.txt");
    List<String> jvm = new ArrayList<>(List.of(options));
    jvm.add("-Xlog:class+load:file=" + log);
    Process process =
        // without an AOT cache, whose classes are loaded at once
        ChildProcess.ofClass(
                "dev.myelin.cli.Myelin", jvm, "run", MODEL, "-p", "Once", "-n", 1, "-t", 1)
            .redirectErrorStream(true)
            .start();
    String output = ChildProcess.readRemaining(process.getInputStream());
    assertThat(ChildProcess.exitStatus(process)).as(output).isZero();
    return Files.readAllLines(log).stream()
        .takeWhile(line -> !line.contains("java.lang.Shutdown ")) // logs the exit
        .filter(line -> UNWANTED.matcher(line).find())
        .toList();
  }

  @Test
  void logAndFlightRecorderLoadNone() throws Exception {
    assertThat(classes()).isEmpty();
    assertThat(classes("-Ddev.myelin.logging=on"))
        .anyMatch(line -> line.contains("jdk.internal.logger."));
  }
}

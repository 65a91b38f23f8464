package dev.myelin.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Threads show in jstack and top which library started them. */
class ThreadNamesTest {
  private static final Pattern STARTS_THREADS =
      Pattern.compile("new Thread\\(|Thread\\s*\\.of(Platform|Virtual)\\(|Executors\\s*\\.new");

  @Test
  void sourcesNameTheirThreads() throws Exception {
    Path home = Path.of(System.getProperty("myelin.home"));
    assumeTrue(Files.isDirectory(home.resolve("engine/src/main/java")), "skipped: no sources");
    List<String> bad = new ArrayList<>();
    int found = 0;
    for (String module : new String[] {"bindings", "engine", "cli", "benches"}) {
      try (Stream<Path> files = Files.walk(home.resolve(module).resolve("src/main/java"))) {
        for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
          String text = Files.readString(file);
          if (STARTS_THREADS.matcher(text).find()) {
            found++;
            for (String statement : text.split("[;{}]\\s*\\n")) {
              if (STARTS_THREADS.matcher(statement).find() && !statement.contains("\"myelin-")) {
                bad.add(file.getFileName() + ": " + statement.strip());
              }
            }
          }
        }
      }
    }
    assertThat(bad).as("expected a name that begins with myelin-").isEmpty();
    assertThat(found).isPositive();
  }
}

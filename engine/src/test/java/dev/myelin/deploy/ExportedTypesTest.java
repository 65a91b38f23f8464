package dev.myelin.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the sources of every package that the engine exports to all must say. */
class ExportedTypesTest {
  private static final Path SOURCES =
      SharedData.projectRoot().resolve("engine/src/main/java").toAbsolutePath();
  private static final Pattern EXPORTS = Pattern.compile("exports (dev\\.myelin[\\w.]*);");
  private static final Pattern PUBLIC_TYPE =
      Pattern.compile(
          "(?m)^public (?:\\w+ |non-sealed )*?(?:class|record|interface|enum|@interface) \\w+");
  private static final Pattern THREADS =
      Pattern.compile(
          "[Tt]hread-safe"
              + "|[Cc]onfined to (one|the) thread"
              + "|(Called|[Rr]eceives[\\w ,]+) in the thread"
              + "|Any number of threads");

  private static List<Path> packages() throws IOException {
    Matcher exports = EXPORTS.matcher(Files.readString(SOURCES.resolve("module-info.java")));
    List<Path> packages = new ArrayList<>();
    while (exports.find()) {
      packages.add(SOURCES.resolve(exports.group(1).replace('.', '/')));
    }
    assertThat(packages).hasSizeGreaterThan(15);
    return packages;
  }

  @Test
  void packagesAreNullMarked() throws IOException {
    for (Path folder : packages()) {
      assertThat(folder.resolve("package-info.java"))
          .content()
          .containsPattern("(?m)^@NullMarked$")
          .contains("import org.jspecify.annotations.NullMarked;");
    }
  }

  @Test
  void publicTypesSayWhetherTheyAreThreadSafe() throws IOException {
    List<String> silent = new ArrayList<>();
    int types = 0;
    for (Path folder : packages()) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.filter(f -> f.toString().endsWith(".java")).sorted().toList()) {
          String source = Files.readString(file);
          Matcher type = PUBLIC_TYPE.matcher(source);
          if (type.find()) {
            types++;
            if (!THREADS.matcher(documentation(source, type.start())).find()) {
              silent.add(SOURCES.relativize(file).toString());
            }
          }
        }
      }
    }
    assertThat(types).isGreaterThan(150);
    assertThat(silent).as("documentation without a sentence on threads").isEmpty();
  }

  /** The doc comment before a position, on one line; empty if there is none. */
  private static String documentation(String source, int position) {
    int end = source.lastIndexOf("*/", position);
    int start = source.lastIndexOf("/**", end);
    // only annotations may be between the two
    return end < 0 || source.substring(end + 2, position).contains(";")
        ? ""
        : source.substring(start, end).replaceAll("\\s*\\n \\*\\s*", " ");
  }
}

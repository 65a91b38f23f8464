package dev.myelin.bindings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The loader in JVMs of its own, since it decides once a process. */
class LoaderTest {
  @TempDir Path folder;
  private final List<Path> links = new ArrayList<>();

  @AfterEach
  void unlink() throws IOException {
    for (Path link : links) {
      Files.delete(link);
    }
  }

  @Test
  void aGgmlHomeWithoutGgmlIsNamed() throws Exception {
    assertThat(load(Map.of("GGML_HOME", folder.toString())))
        .isEqualTo(
            "NativeLibraryException GGML_HOME="
                + folder
                + ": no libggml-base found there, nor in its lib or bin folder");
  }

  @Test
  void aGgmlHomeThatDoesNotExistIsNamed() throws Exception {
    Path missing = folder.resolve("missing");
    assertThat(load(Map.of("GGML_HOME", missing.toString())))
        .startsWith("NativeLibraryException GGML_HOME=" + missing + ": no libggml-base found");
  }

  @Test
  void aLibraryThatIsNoneIsNamed() throws Exception {
    Path fake = folder.resolve(System.mapLibraryName("ggml-base"));
    Files.writeString(fake, "not a library");
    assertThat(load(Map.of("GGML_HOME", folder.toString())))
        .startsWith("NativeLibraryException cannot load ggml:")
        .contains(fake.toString());
  }

  @Test
  void aFolderWithoutCpuLibraryIsNamed() throws Exception {
    link(f -> !f.contains("ggml-cpu"));
    assertThat(load(Map.of("GGML_HOME", folder.toString())))
        .isEqualTo(
            "NativeLibraryException no CPU library in " + folder + " runs on this processor");
  }

  @Test
  void aMissingKernelsLibrarySaysHowToBuildIt() throws Exception {
    String missing = folder.resolve("none.so").toString();
    assertThat(load(Map.of(), "-Dmyelin.kernels=" + missing))
        .startsWith("NativeLibraryException no ")
        .contains("`make build` compiles it");
  }

  @Test
  void librariesMayLieInAFolderBelow() throws Exception {
    folder = Files.createDirectory(folder.resolve("lib"));
    link(f -> true);
    assertThat(load(Map.of("GGML_HOME", folder.getParent().toString())))
        .isEqualTo("loaded GGML_HOME " + folder);
  }

  @Test
  void aSystemInstallIsFoundByItsPkgConfigFile() throws Exception {
    Path libraries = Files.createDirectory(folder.resolve("libraries"));
    Path pc = folder.resolve("ggml.pc");
    Files.writeString(pc, "prefix=" + folder + "\nlibdir=${prefix}/libraries\nLibs: -lggml\n");
    folder = libraries;
    link(f -> true);
    assertThat(load(Map.of("GGML_HOME", "", "PKG_CONFIG_PATH", pc.getParent().toString())))
        .isEqualTo("loaded system " + libraries);
  }

  @Test
  void withoutLibllamaThePeerSaysSo() throws Exception {
    link(f -> !f.contains("llama"));
    assertThat(child("llama", Map.of("GGML_HOME", folder.toString())))
        .startsWith("NativeLibraryException no libllama beside the ggml in " + folder);
  }

  @Test
  void manyThreadsAtOnceGetTheSameBuild() throws Exception {
    assertThat(child("concurrently", Map.of())).isEqualTo("1 build");
  }

  /** Links the files of the ggml in use into the temporary folder. */
  private void link(Predicate<String> chosen) throws IOException {
    try (Stream<Path> files = Files.list(NativeLibraries.load().directory())) {
      for (Path f : files.filter(f -> f.getFileName().toString().startsWith("lib")).toList()) {
        if (chosen.test(f.getFileName().toString())) {
          links.add(Files.createSymbolicLink(folder.resolve(f.getFileName()), f));
        }
      }
    }
  }

  private static String load(Map<String, String> environment, String... options) throws Exception {
    return child("load", environment, options);
  }

  /** Runs {@link LoaderProbe}; returns the one line it prints. */
  private static String child(String what, Map<String, String> environment, String... options)
      throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("-Dmyelin.home=" + NativeLibraries.home());
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(LoaderProbe.class.getName(), what));
    // the JVM warns there about files that are no libraries
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(Redirect.DISCARD);
    builder.environment().putAll(environment);
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(out).isZero();
    return out.strip();
  }
}

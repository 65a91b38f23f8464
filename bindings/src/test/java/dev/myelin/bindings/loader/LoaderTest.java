package dev.myelin.bindings.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the loader in child processes, since it loads once per process. */
class LoaderTest {
  private static final List<String> ALLOWED = List.of("--enable-native-access=ALL-UNNAMED");

  @TempDir Path folder;
  private final List<Path> links = new ArrayList<>();

  @AfterEach
  void unlink() throws IOException {
    for (Path link : links) {
      Files.delete(link);
    }
  }

  @Test
  void namesGgmlHomeWithoutGgml() throws Exception {
    assertThat(load(Map.of("GGML_HOME", folder.toString())))
        .isEqualTo(
            "NativeLoadException GGML_HOME="
                + folder
                + ": no libggml-base found there, nor in its lib or bin folder");
  }

  @Test
  void namesMissingGgmlHome() throws Exception {
    Path missing = folder.resolve("missing");
    assertThat(load(Map.of("GGML_HOME", missing.toString())))
        .startsWith("NativeLoadException GGML_HOME=" + missing + ": no libggml-base found");
  }

  @Test
  void namesFileThatIsNotALibrary() throws Exception {
    Path fake = folder.resolve(System.mapLibraryName("ggml-base"));
    Files.writeString(fake, "not a library");
    assertThat(load(Map.of("GGML_HOME", folder.toString())))
        .isEqualTo("NativeLoadException cannot load " + fake + ": it is not a 64-bit library");
  }

  @Test
  void namesFolderWithoutCpuLibrary() throws Exception {
    link(f -> !f.contains("ggml-cpu"));
    assertThat(load(Map.of("GGML_HOME", folder.toString())))
        .isEqualTo("NativeLoadException no CPU library in " + folder + " runs on this processor");
  }

  @Test
  void explainsHowToBuildMissingLibmyelin() throws Exception {
    String missing = folder.resolve("none.so").toString();
    assertThat(load(Map.of(), "-Dmyelin.kernels=" + missing))
        .startsWith("NativeLoadException no ")
        .contains("`make build` compiles it");
  }

  @Test
  void findsLibrariesInLibFolder() throws Exception {
    folder = Files.createDirectory(folder.resolve("lib"));
    link(f -> true);
    assertThat(load(Map.of("GGML_HOME", folder.getParent().toString())))
        .isEqualTo("loaded GGML_HOME " + folder);
  }

  @Test
  void findsSystemInstallByPkgConfigFile() throws Exception {
    Path libraries = Files.createDirectory(folder.resolve("libraries"));
    Path pc = folder.resolve("ggml.pc");
    Files.writeString(pc, "prefix=" + folder + "\nlibdir=${prefix}/libraries\nLibs: -lggml\n");
    folder = libraries;
    link(f -> true);
    assertThat(load(Map.of("GGML_HOME", "", "PKG_CONFIG_PATH", pc.getParent().toString())))
        .isEqualTo("loaded system " + libraries);
  }

  @ParameterizedTest
  @ValueSource(strings = {":/usr/none", ".", "./", ":", "here"})
  void ignoresPkgConfigFilesInTheCurrentFolder(String path) throws Exception {
    Path libraries = Files.createDirectory(folder.resolve("libraries"));
    Path here = Files.createDirectory(folder.resolve("here"));
    String pc = "libdir=" + libraries + "\n";
    Files.writeString(folder.resolve("ggml.pc"), pc);
    Files.writeString(here.resolve("ggml.pc"), pc);
    Path in = folder;
    folder = libraries;
    link(f -> true);
    assertThat(load(in, Map.of("GGML_HOME", "", "PKG_CONFIG_PATH", path)))
        .startsWith("loaded ")
        .doesNotContain(libraries.toString());
  }

  @Test
  void ignoresRelativeLibdir() throws Exception {
    Files.writeString(folder.resolve("ggml.pc"), "libdir=.\n");
    link(f -> true);
    Map<String, String> environment = Map.of("GGML_HOME", "", "PKG_CONFIG_PATH", folder.toString());
    assertThat(load(folder, environment)).startsWith("loaded ").doesNotContain(folder.toString());
  }

  @Test
  void loadsNothingFromTheCurrentFolder() throws Exception {
    Map<String, String> environment = Map.of("MYELIN_HOME", "");
    assertThat(load(NativeLibraries.home(), environment, "-Dmyelin.home="))
        .startsWith(
            "NativeLoadException there are no native libraries: add dev.myelin:myelin-natives"
                + " with");
  }

  @ParameterizedTest
  @EnabledOnOs(OS.LINUX)
  @ValueSource(strings = {"libggml-base", "libggml.", "libggml-cpu"})
  void namesTruncatedGgmlLibrary(String start) throws Exception {
    link(f -> !f.startsWith(start));
    Path original = library(start);
    byte[] bytes = Files.readAllBytes(original);
    Path cut = folder.resolve(original.getFileName());
    for (int length : new int[] {64, 4096, bytes.length / 2, bytes.length - 1}) {
      Files.write(cut, Arrays.copyOf(bytes, length));
      assertThat(load(Map.of("GGML_HOME", folder.toString())))
          .startsWith("NativeLoadException cannot load " + cut + ": it is truncated");
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void namesTruncatedLibmyelin() throws Exception {
    Path kernels = kernels();
    byte[] bytes = Files.readAllBytes(kernels);
    Path cut = folder.resolve(kernels.getFileName());
    Files.write(cut, Arrays.copyOf(bytes, bytes.length * 2 / 3));
    assertThat(load(Map.of(), "-Dmyelin.kernels=" + cut))
        .startsWith("NativeLoadException cannot load " + cut + ": it is truncated");
  }

  @ParameterizedTest
  @EnabledOnOs(OS.LINUX)
  @ValueSource(strings = {"ggml_set_loss", "ggml_version", "ggml_log_set"})
  void namesFunctionMissingInGgml(String function) throws Exception {
    link(f -> !f.startsWith("libggml-base"));
    copy(library("libggml-base"), folder, function, function.toUpperCase(Locale.ROOT));
    assertThat(load(Map.of("GGML_HOME", folder.toString())))
        .startsWith("NativeLoadException ")
        .endsWith("it lacks the function " + function + ", which these bindings call");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void namesFunctionMissingInLibmyelin() throws Exception {
    String function = "myelin_quantize_block_size";
    Path copy = copy(kernels(), folder, function, function.toUpperCase(Locale.ROOT));
    assertThat(load(Map.of(), "-Dmyelin.kernels=" + copy))
        .isEqualTo(
            "NativeLoadException "
                + copy
                + " does not fit: it lacks the function "
                + function
                + ", which these bindings call; `make build` compiles it again");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void reportsTheDynamicLinkersMessage() throws Exception {
    Path other = folder.resolve("other.so");
    Files.write(other, Files.readAllBytes(kernels()));
    try (RandomAccessFile file = new RandomAccessFile(other.toFile(), "rw")) {
      file.seek(7); // an unknown OS ABI
      file.write(0x7f);
    }
    assertThat(load(Map.of(), "-Dmyelin.kernels=" + other))
        .startsWith("NativeLoadException cannot load " + other + ": ")
        .doesNotContain("Cannot open library")
        .contains("ABI");
  }

  @Test
  void twoClassLoadersShareTheLibraries() throws Exception {
    String home = NativeLibraries.home().toString();
    assertThat(loadInTwoClassLoaders(home, home).lines())
        .hasSize(2)
        .allMatch(l -> l.startsWith("loaded "));
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void acceptsCopyOfTheSameBuildInSecondClassLoader() throws Exception {
    makeInstallation("", "");
    assertThat(loadInTwoClassLoaders(NativeLibraries.home().toString(), folder.toString()).lines())
        .hasSize(2)
        .last()
        .asString()
        .startsWith("loaded pinned " + folder);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void rejectsOtherBuildInSecondClassLoader() throws Exception {
    String version = NativeLibraries.load().version();
    String other = version.substring(0, version.length() - 1) + "9";
    makeInstallation(version, other);
    assertThat(loadInTwoClassLoaders(NativeLibraries.home().toString(), folder.toString()).lines())
        .hasSize(2)
        .last()
        .asString()
        .startsWith("NativeLoadException ggml " + other + " ")
        .contains("this process has already loaded another one, ggml " + version + " ");
  }

  @Test
  void namesTheOptionIfNativeAccessIsDenied() throws Exception {
    assertThat(runChild("load", folder, Map.of(), List.of("--illegal-native-access=deny")))
        .isEqualTo(
            "NativeLoadException the JVM denies native access: start it with"
                + " --enable-native-access=ALL-UNNAMED");
  }

  /** Makes a folder with copies of the libraries, in which a string is replaced. */
  private void makeInstallation(String text, String replacement) throws IOException {
    Path home = NativeLibraries.home();
    Path ggml = NativeLibraries.load().directory();
    assumeTrue(ggml.startsWith(home), "skipped: the ggml in use is not the pinned one");
    Path to = Files.createDirectories(folder.resolve(home.relativize(ggml)));
    copy(library("libggml-base"), to, text, replacement);
    copy(library("libggml."), to, "", "");
    copy(NativeLibraries.load().cpuLibrary(), to, "", "");
    copy(kernels(), Files.createDirectories(folder.resolve("native/build/lib")), "", "");
  }

  private static Path copy(Path library, Path to, String text, String replacement)
      throws IOException {
    String bytes = Files.readString(library, StandardCharsets.ISO_8859_1);
    if (!text.isEmpty()) {
      assertThat(bytes).contains("\0" + text + "\0");
      bytes = bytes.replace("\0" + text + "\0", "\0" + replacement + "\0");
    }
    return Files.writeString(to.resolve(library.getFileName()), bytes, StandardCharsets.ISO_8859_1);
  }

  private static Path library(String start) throws IOException {
    try (Stream<Path> files = Files.list(NativeLibraries.load().directory())) {
      return files
          .filter(f -> f.getFileName().toString().startsWith(start))
          .findFirst()
          .orElseThrow();
    }
  }

  private static Path kernels() {
    return NativeLibraries.home()
        .resolve("native/build/lib")
        .resolve(System.mapLibraryName("myelin"));
  }

  /** Loads in two class loaders, with these folders as home. */
  private static String loadInTwoClassLoaders(String first, String second) throws Exception {
    return runChild("twice", Path.of("."), Map.of(), ALLOWED, first, second);
  }

  @Test
  void reportsMissingLibllama() throws Exception {
    link(f -> !f.contains("llama"));
    assertThat(runChild("llama", Map.of("GGML_HOME", folder.toString())))
        .startsWith("NativeLoadException no libllama in the folder of ggml, " + folder);
  }

  @Test
  void concurrentThreadsGetTheSameBuild() throws Exception {
    assertThat(runChild("concurrently", Map.of())).isEqualTo("1 build");
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
    return load(Path.of("."), environment, options);
  }

  private static String load(Path in, Map<String, String> environment, String... options)
      throws Exception {
    List<String> all = new ArrayList<>(ALLOWED);
    all.addAll(List.of(options));
    return runChild("load", in, environment, all);
  }

  private static String runChild(String what, Map<String, String> environment) throws Exception {
    return runChild(what, Path.of("."), environment, ALLOWED);
  }

  /** Runs {@link LoaderProbe} in a folder; returns what it prints. */
  private static String runChild(
      String what,
      Path in,
      Map<String, String> environment,
      List<String> options,
      String... arguments)
      throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.add("-Dmyelin.home=" + NativeLibraries.home());
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(LoaderProbe.class.getName(), what));
    command.addAll(List.of(arguments));
    // the JVM prints warnings about files that are not libraries
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(Redirect.DISCARD);
    builder.directory(in.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(out).isZero();
    return out.strip();
  }
}

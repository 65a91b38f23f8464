package dev.myelin.bindings.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.bindings.NativeLoadException;
import dev.myelin.bindings.Platform;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Loads the natives of a folder laid out as a natives jar, in child processes. */
@EnabledOnOs(OS.LINUX)
class NativesCacheTest {
  private static final String PLATFORM = Platform.current().classifier();
  private static final String ENTRIES = "META-INF/myelin/natives/" + PLATFORM;
  private static final String BASE = "libggml-base.so";

  @TempDir static Path shared;
  private static Path natives;
  private static String folderName;

  @TempDir Path folder;

  @BeforeAll
  static void collect() throws Exception {
    natives = collect("natives", "0.1.0");
    folderName = folderName(natives);
  }

  /** A natives jar as a folder, with the ggml in use. */
  private static Path collect(String name, String version) throws Exception {
    Path root = shared.resolve(name);
    Path to = Files.createDirectories(root.resolve(ENTRIES));
    GgmlBuild build = NativeLibraries.load();
    try (Stream<Path> files = Files.list(build.directory())) {
      for (Path f : files.filter(f -> f.getFileName().toString().startsWith("libggml")).toList()) {
        if (!f.getFileName().toString().contains("-cpu-") || f.equals(build.cpuLibrary())) {
          Files.copy(f, to.resolve(f.getFileName()));
        }
      }
    }
    Path kernels = LibraryFolders.kernels();
    Files.copy(kernels, to.resolve(kernels.getFileName()));
    Path program = NativeLibraries.home().resolve("natives/src/build/Manifest.java");
    Process process =
        new ProcessBuilder(java(), program.toString(), to.toString(), version, PLATFORM)
            .redirectError(Redirect.INHERIT)
            .start();
    byte[] manifest = process.getInputStream().readAllBytes();
    assertThat(process.waitFor()).isZero();
    Files.write(to.resolve("manifest"), manifest);
    return root;
  }

  private static String folderName(Path root) throws IOException {
    return BundledNatives.parse(Files.readString(root.resolve(ENTRIES).resolve("manifest")))
        .folderName();
  }

  @Test
  void unpacksOnceForThisUserOnly() throws Exception {
    Path cache = cache();
    assertThat(load(natives)).isEqualTo("loaded jar " + cache);
    assertThat(mode(cache)).isEqualTo("rwx------");
    assertThat(mode(cache.getParent())).isEqualTo("rwx------");
    assertThat(mode(cache.resolve(BASE))).isEqualTo("r--------");
    Object inode = Files.getAttribute(cache.resolve(BASE), "unix:ino");
    assertThat(load(natives)).isEqualTo("loaded jar " + cache);
    assertThat(Files.getAttribute(cache.resolve(BASE), "unix:ino")).isEqualTo(inode);
  }

  @ParameterizedTest
  @ValueSource(strings = {"byte", "short", "link", "writable", "missing", "other"})
  void replacesWhatDiffers(String damage) throws Exception {
    Path base = Files.createDirectories(cache()).resolve(BASE);
    makePrivate();
    Path original = natives.resolve(ENTRIES).resolve(BASE);
    byte[] bytes = Files.readAllBytes(original);
    Path elsewhere = folder.resolve("elsewhere.so");
    switch (damage) {
      case "byte" -> {
        bytes[bytes.length / 2] ^= 1;
        Files.write(base, bytes);
      }
      case "short" -> Files.write(base, Arrays.copyOf(bytes, 1000));
      case "link" -> Files.createSymbolicLink(base, Files.copy(original, elsewhere));
      case "writable" -> {
        Files.write(base, bytes);
        Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("rw-rw-rw-"));
      }
      case "other" -> Files.copy(LibraryFolders.kernels(), base);
      default -> {}
    }
    assertThat(load(natives)).isEqualTo("loaded jar " + cache());
    assertThat(Files.isSymbolicLink(base)).isFalse();
    assertThat(mode(base)).isEqualTo("r--------");
    assertThat(Files.mismatch(base, original)).isEqualTo(-1);
    assertThat(damage.equals("link")).isEqualTo(Files.exists(elsewhere));
  }

  @Test
  void doesNotUseFolderThatOthersCanWrite() throws Exception {
    Files.createDirectories(cache());
    Files.setPosixFilePermissions(cache(), PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThat(load(natives)).isEqualTo("loaded jar " + temporary());
  }

  @Test
  void doesNotFollowLinkInPlaceOfItsFolder() throws Exception {
    Files.createDirectories(cache().getParent());
    makePrivate();
    Files.createSymbolicLink(cache(), Files.createDirectory(folder.resolve("elsewhere")));
    assertThat(load(natives)).isEqualTo("loaded jar " + temporary());
    assertThat(folder.resolve("elsewhere")).isEmptyDirectory();
  }

  @Test
  void usesTemporaryFolderWithoutWritableHome() throws Exception {
    assertThat(load(natives, Map.of("XDG_CACHE_HOME", "", "HOME", "/proc")))
        .isEqualTo("loaded jar " + temporary());
    assertThat(mode(temporary())).isEqualTo("rwx------");
  }

  @Test
  void usesFolderOfItsOwnIfTheTemporaryOneIsTaken() throws Exception {
    Files.writeString(folder.resolve("myelin-natives-" + PrivateFolder.userId()), "taken");
    assertThat(load(natives, Map.of("XDG_CACHE_HOME", "/proc")))
        .startsWith("loaded jar " + folder.resolve("myelin-natives-"));
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left.filter(Files::isDirectory)).isEmpty();
    }
  }

  @Test
  void namesFoldersThatCannotBeUsed() throws Exception {
    assertThat(load(natives, Map.of("XDG_CACHE_HOME", "/proc"), "-Djava.io.tmpdir=/proc"))
        .startsWith("NativeLoadException no folder for the native libraries can be used: /proc/")
        .endsWith("; unpack them and set the system property myelin.library.path");
  }

  @Test
  void refusesDamagedJar() throws Exception {
    Path damaged = folder.resolve("jar");
    Path to = Files.createDirectories(damaged.resolve(ENTRIES));
    try (Stream<Path> files = Files.list(natives.resolve(ENTRIES))) {
      for (Path f : files.toList()) {
        Files.copy(f, to.resolve(f.getFileName()), StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
    byte[] bytes = Files.readAllBytes(to.resolve(BASE));
    bytes[bytes.length / 2] ^= 1;
    Files.write(to.resolve(BASE), bytes);
    assertThat(load(damaged))
        .startsWith(
            "NativeLoadException the natives jar is damaged: " + BASE + ": its SHA-256 is ");
    assertThat(cache().resolve(BASE)).doesNotExist();
  }

  @Test
  void manyProcessesAtOnce() throws Exception {
    List<Process> processes = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      processes.add(start(List.of("load"), natives, Map.of()));
    }
    for (Process process : processes) {
      assertThat(output(process)).isEqualTo("loaded jar " + cache());
    }
    try (Stream<Path> files = Files.list(cache())) {
      assertThat(files.filter(f -> f.getFileName().toString().startsWith(".tmp"))).isEmpty();
    }
  }

  @Test
  void twoVersionsInOneProcess() throws Exception {
    Path other = collect("other", "0.2.0");
    List<String> arguments = List.of("jars", natives.toString(), other.toString());
    assertThat(output(start(arguments, null, Map.of())).lines())
        .containsExactly(
            "loaded jar " + cache(), "loaded jar " + cache().resolveSibling(folderName(other)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "folder a\n",
        "folder ../a\nfile 1 0 0 a\n",
        "folder a\nfile 1 0 0 ../a\n",
        "folder a\nfile 1 0 0 .a\n",
        "folder a\nfile x 0 0 a\n",
        "folder a\nfile -1 0 0 a\n",
        "folder a\nfile 9999999999999 0 0 a\n",
        "folder a\nfile 1 xyz 0 a\n",
        "folder a\nfile 1 0 a\n",
      })
  void refusesMalformedManifest(String manifest) {
    assertThatThrownBy(() -> BundledNatives.parse(manifest))
        .isInstanceOf(NativeLoadException.class)
        .hasMessageStartingWith("the natives jar is damaged: META-INF/");
  }

  private Path cache() {
    return folder.resolve("cache/myelin/natives").resolve(folderName);
  }

  private Path temporary() {
    return folder.resolve("myelin-natives-" + PrivateFolder.userId()).resolve(folderName);
  }

  /** As the loader would have made the folders. */
  private void makePrivate() throws IOException {
    for (Path f : List.of(cache().getParent(), cache())) {
      if (Files.exists(f)) {
        Files.setPosixFilePermissions(f, PosixFilePermissions.fromString("rwx------"));
      }
    }
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  private String load(Path jar) throws Exception {
    return load(jar, Map.of());
  }

  private String load(Path jar, Map<String, String> environment, String... options)
      throws Exception {
    return output(start(List.of("load"), jar, environment, options));
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  private Process start(
      List<String> arguments, Path jar, Map<String, String> environment, String... options)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.addAll(List.of(java(), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-Djava.io.tmpdir=" + folder));
    command.addAll(List.of(options));
    String path = System.getProperty("java.class.path");
    command.addAll(List.of("-cp", jar == null ? path : jar + File.pathSeparator + path));
    command.add(LoaderProbe.class.getName());
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(Redirect.DISCARD);
    builder.environment().putAll(Map.of("MYELIN_HOME", "", "GGML_HOME", ""));
    builder.environment().put("XDG_CACHE_HOME", folder.resolve("cache").toString());
    builder.environment().putAll(environment);
    return builder.start();
  }

  private static String output(Process process) throws Exception {
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(out).isZero();
    return out.strip();
  }
}

package dev.myelin.bindings.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.bindings.cuda.Cuda_h;
import dev.myelin.bindings.loader.CudaSearch.Absence;
import dev.myelin.bindings.loader.CudaSearch.Driver;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.AbstractStringAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Tests the search for libmyelin-cuda, and that nothing is loaded without a driver. */
class CudaSearchTest {
  private static final Path LIBMYELIN =
      NativeLibraries.home().resolve("native/build/lib").resolve(System.mapLibraryName("myelin"));

  @TempDir Path folder;

  @Test
  void reportsLibraryThatWasNotBuilt() {
    Path file = folder.resolve("libmyelin-cuda.so");
    CudaSearch search = CudaSearch.find(file, driver());
    assertAbsent(search, Absence.NOT_BUILT)
        .isEqualTo("no libmyelin-cuda at " + file + "; `make cuda` builds it");
    assertThat(search.file()).isEqualTo(file);
    assertAbsent(CudaSearch.find(folder, driver()), Absence.NOT_BUILT);
  }

  @Test
  void reportsMissingDeviceFile() throws IOException {
    Path control = folder.resolve("nvidiactl");
    CudaSearch search = CudaSearch.find(textFile(), new Driver(control, LIBMYELIN.toString()));
    assertAbsent(search, Absence.NO_DRIVER).isEqualTo("no NVIDIA driver: there is no " + control);
  }

  @Test
  void reportsMissingDriverLibrary() throws IOException {
    CudaSearch search = CudaSearch.find(textFile(), new Driver(folder, "libno-such-driver.so.1"));
    assertAbsent(search, Absence.NO_DRIVER)
        .isEqualTo("no NVIDIA driver: libno-such-driver.so.1 cannot be loaded");
  }

  @Test
  void rejectsFileThatIsNotALibrary() throws IOException {
    Path file = textFile();
    assertAbsent(CudaSearch.find(file, driver()), Absence.INCOMPATIBLE)
        .isEqualTo(file + " is not a library for this machine");
    Files.write(file, new byte[0]);
    assertAbsent(CudaSearch.find(file, driver()), Absence.INCOMPATIBLE);
  }

  @Test
  void rejectsTruncatedLibrary() throws IOException {
    Path file = folder.resolve("short.so");
    byte[] whole = Files.readAllBytes(LIBMYELIN);
    for (int length : new int[] {16, 63, 64, 4096, whole.length / 2, whole.length - 1}) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertAbsent(CudaSearch.find(file, driver()), Absence.INCOMPATIBLE)
          .isEqualTo(file + " is not a library for this machine");
    }
  }

  @Test
  void rejectsOtherLibrary() {
    assertAbsent(CudaSearch.find(LIBMYELIN, driver()), Absence.INCOMPATIBLE)
        .isEqualTo(LIBMYELIN + " is another library: it has no myelin_cuda_abi_version");
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "skipped: needs Linux and its C compiler")
  void rejectsAndUnloadsOtherVersion() throws Exception {
    Path file = compile("int myelin_cuda_abi_version(void) { return 77; }");
    assertAbsent(CudaSearch.find(file, driver()), Absence.INCOMPATIBLE)
        .isEqualTo(
            file
                + " has interface version 77, these bindings expect 1;"
                + " `make cuda` compiles it again");
    assertThat(Files.readString(Path.of("/proc/self/maps"))).doesNotContain(file.toString());
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "skipped: needs Linux and its C compiler")
  void rejectsLibraryWithoutAFunction() throws Exception {
    Path file = compile("int myelin_cuda_abi_version(void) { return 1; }");
    assertThat(runProbe(file.toString(), folder.toString(), LIBMYELIN.toString()).getFirst())
        .startsWith(
            "Optional[INCOMPATIBLE] " + file + " does not fit: it lacks the function myelin_cuda_");
  }

  @Test
  void loadsNothingWithoutDriver() throws Exception {
    requireBuiltWithoutDriver();
    assertThat(runProbe())
        .containsExactly(
            "Optional[NO_DRIVER] no NVIDIA driver: there is no /dev/nvidiactl",
            "loaded false",
            "driver false");
  }

  @Test
  void reportsDriverWithoutDevice() throws Exception {
    requireBuiltWithoutDriver();
    Path library = CudaSearch.result().file();
    assertThat(runProbe(library.toString(), folder.toString(), LIBMYELIN.toString()))
        .containsExactly(
            "Optional[NO_DEVICE] no CUDA device, or no driver for it that is new enough",
            "loaded true",
            "driver false");
  }

  /** The result for this machine is consistent. */
  @Test
  void resultForThisMachineIsConsistent() {
    CudaSearch search = CudaSearch.result();
    assertThat(search).isSameAs(CudaSearch.result());
    assertThat(search.isUsable())
        .isEqualTo(search.devices() > 0)
        .isEqualTo(search.reason().isEmpty());
    if (search.isUsable()) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment free = arena.allocate(ValueLayout.JAVA_LONG);
        MemorySegment total = arena.allocate(ValueLayout.JAVA_LONG);
        assertThat(Cuda_h.myelin_cuda_device_memory(0, free, total))
            .isEqualTo(Cuda_h.MYELIN_CUDA_OK());
        assertThat(total.get(ValueLayout.JAVA_LONG, 0)).isPositive();
      }
    }
  }

  private static void requireBuiltWithoutDriver() {
    assumeTrue(
        Files.exists(CudaSearch.result().file()),
        "skipped: no libmyelin-cuda, `make cuda` builds it");
    assumeFalse(
        Files.exists(Path.of("/dev/nvidiactl")), "skipped: this machine has an NVIDIA driver");
  }

  /** Files that the search accepts as a driver. */
  private Driver driver() {
    return new Driver(folder, LIBMYELIN.toString());
  }

  private Path compile(String program) throws Exception {
    Path source = Files.writeString(folder.resolve("library.c"), program);
    Path file = folder.resolve("libcompiled.so");
    Process cc =
        new ProcessBuilder("cc", "-shared", "-fPIC", "-o", file.toString(), source.toString())
            .inheritIO()
            .start();
    assertThat(cc.waitFor()).isZero();
    return file;
  }

  private Path textFile() throws IOException {
    return Files.writeString(folder.resolve("libmyelin-cuda.so"), "not a library");
  }

  private static AbstractStringAssert<?> assertAbsent(CudaSearch search, Absence absence) {
    assertThat(search.absence()).contains(absence);
    assertThat(search.devices()).isZero();
    assertThat(search.isUsable()).isFalse();
    return assertThat(search.reason()).hasLineCount(1);
  }

  /** Runs {@link CudaSearchProbe}; returns the lines it prints. */
  private static List<String> runProbe(String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("-Dmyelin.home=" + NativeLibraries.home());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(CudaSearchProbe.class.getName());
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(out).isZero();
    return out.lines().toList();
  }
}

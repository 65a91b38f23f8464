package dev.myelin.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.bindings.loader.NativeLibraries;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The versions of glibc and libstdc++ that the libraries need. */
@EnabledOnOs(OS.LINUX)
class SymbolVersionsTest {
  private static final String FLOOR = "2.28";

  @TempDir Path folder;

  private static Path kernels(String build) {
    return NativeLibraries.home().resolve("native").resolve(build).resolve("lib/libmyelin.so");
  }

  @ParameterizedTest
  @ValueSource(strings = {"build", "build-aarch64"})
  void libmyelinNeedsNoGlibcAfterItsFloor(String build) throws IOException {
    Path file = kernels(build);
    assumeTrue(Files.exists(file), "skipped: no libmyelin in native/" + build);
    SymbolVersions versions = SymbolVersions.of(file);
    assertThat(versions.highestNeeded("GLIBC_").orElseThrow())
        .matches(v -> SymbolVersions.compare(v, FLOOR) <= 0, "at most " + FLOOR);
    assertThat(versions.highestNeeded("GLIBCXX_")).isEmpty();
  }

  @Test
  void ggmlNeedsWhatThisSystemHas() throws IOException {
    Path cpu = NativeLibraries.load().cpuLibrary();
    SymbolVersions versions = SymbolVersions.of(cpu);
    assertThat(versions.highestNeeded("GLIBC_")).isPresent();
    assertThat(versions.highestNeeded("GLIBCXX_")).isPresent();
    assertThat(SystemVersions.explain(cpu)).isEmpty();
  }

  @Test
  void namesGlibcThatIsTooOld() throws IOException {
    String system = SystemVersions.glibc().orElseThrow();
    String text = Files.readString(kernels("build"), StandardCharsets.ISO_8859_1);
    assertThat(text).contains("\0GLIBC_" + FLOOR + "\0");
    Path future = folder.resolve("libmyelin.so");
    String changed = text.replace("\0GLIBC_" + FLOOR + "\0", "\0GLIBC_2.99\0");
    Files.writeString(future, changed, StandardCharsets.ISO_8859_1);
    assertThatThrownBy(() -> NativeSymbols.open(future))
        .isInstanceOf(NativeLoadException.class)
        .hasMessage(
            "cannot load " + future + ": it needs glibc 2.99 or newer, this system has " + system);
  }

  @Test
  void comparesWithOtherSystems() {
    assertThat(SystemVersions.lacksGlibc("2.34", Optional.of("2.31")))
        .contains("it needs glibc 2.34 or newer, this system has 2.31");
    assertThat(SystemVersions.lacksGlibc("2.34", Optional.empty()))
        .contains("it needs glibc 2.34 or newer, this system has another C library");
    assertThat(SystemVersions.lacksGlibc("2.9", Optional.of("2.34"))).isEmpty();
    assertThat(SystemVersions.lacksCppLibrary("3.4.29", Optional.of("3.4.28")))
        .contains(
            "it needs a libstdc++ with GLIBCXX_3.4.29 or newer, that of this system has"
                + " GLIBCXX_3.4.28");
    assertThat(SystemVersions.lacksCppLibrary("3.4.29", Optional.empty()))
        .contains("it needs libstdc++.so.6 with GLIBCXX_3.4.29, this system has none");
    assertThat(SystemVersions.lacksCppLibrary("3.4.29", Optional.of("3.4.29"))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"2.9, 2.34, -1", "2.34, 2.34, 0", "3.4.29, 3.4.9, 1", "2.2.5, 2.2, 1"})
  void comparesVersions(String a, String b, int order) {
    assertThat(SymbolVersions.compare(a, b)).isEqualTo(order);
  }

  @Test
  void damagedFilesAreExceptions() throws IOException {
    byte[] bytes = Files.readAllBytes(kernels("build"));
    Path file = folder.resolve("damaged.so");
    for (int at = 0; at < 12000; at += 199) {
      byte[] damaged = Arrays.copyOf(bytes, bytes.length);
      Arrays.fill(damaged, at, at + 8, (byte) 0x7f);
      // only the beginning, which has the headers and the version tables, to keep this short
      Files.write(file, damaged);
      try {
        SymbolVersions.of(file);
      } catch (IOException e) {
        assertThat(e.getMessage()).startsWith(file + ": it");
      }
    }
  }
}

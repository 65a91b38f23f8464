package dev.myelin.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.error.NativeLibraryException;
import dev.myelin.testing.ChildJvm;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class CudaDeviceTest {
  @TempDir Path folder;

  @Test
  void onAGpuAsOnTheProcessor() {
    assumeTrue(
        CudaDevices.absence().isEmpty(),
        () -> "skipped: no GPU to compare with: " + CudaDevices.absence().orElse(""));
    CudaDevices.Device gpu = CudaDevices.list().getFirst();
    assumeTrue(gpu.isSupported(), "skipped: " + gpu.name() + " is too old");
    try (CudaDevice device = CudaDevice.open(0)) {
      Comparison.run(device);
    }
  }

  @Test
  void whereNoneIsTheReasonIsThrown() {
    if (CudaDevices.absence().isPresent()) {
      assertThat(CudaDevices.list()).isEmpty();
      assertThatThrownBy(() -> CudaDevice.open(0))
          .isInstanceOf(NativeLibraryException.class)
          .hasMessage("CUDA: " + CudaDevices.absence().get());
    } else {
      assertThat(CudaDevices.list()).isNotEmpty().allMatch(d -> d.totalBytes() > 0);
    }
  }

  /** All of the Java side, with a library of the same interface that computes on the processor. */
  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "skipped: needs Linux and its C compiler")
  void withAStandIn() throws Exception {
    Path source = folder.resolve("stand_in.c");
    try (InputStream in = CudaDeviceTest.class.getResourceAsStream("stand_in.c")) {
      Files.copy(in, source);
    }
    Path header = Path.of(System.getProperty("myelin.home", ".."), "native/cuda/include");
    Path library = folder.resolve("libstand-in.so");
    Process cc =
        new ProcessBuilder(
                List.of(
                    "cc",
                    "-std=c11",
                    "-O1",
                    "-shared",
                    "-fPIC",
                    "-pthread",
                    "-Wall",
                    "-Werror",
                    "-I" + header,
                    "-o",
                    library.toString(),
                    source.toString(),
                    "-lm"))
            .inheritIO()
            .start();
    assertThat(cc.waitFor()).isZero();
    assertThat(ChildJvm.run(StandInProbe.class, 60, List.of("-Xmx256m"), library))
        .isEqualToIgnoringNewLines("all as expected");
  }
}

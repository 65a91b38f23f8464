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
  void gpuMatchesCpu() {
    assumeTrue(
        CudaDevices.unavailableReason().isEmpty(),
        () -> "skipped: no GPU: " + CudaDevices.unavailableReason().orElse(""));
    CudaDevices.Device gpu = CudaDevices.list().getFirst();
    assumeTrue(gpu.isSupported(), "skipped: " + gpu.name() + " is too old");
    try (CudaDevice device = CudaDevice.open(0)) {
      CudaMatmulComparison.run(device);
    }
  }

  @Test
  void openReportsReasonWithoutGpu() {
    if (CudaDevices.unavailableReason().isPresent()) {
      assertThat(CudaDevices.list()).isEmpty();
      assertThatThrownBy(() -> CudaDevice.open(0))
          .isInstanceOf(NativeLibraryException.class)
          .hasMessage("CUDA: " + CudaDevices.unavailableReason().get());
    } else {
      assertThat(CudaDevices.list()).isNotEmpty().allMatch(d -> d.totalBytes() > 0);
    }
  }

  /** Tests the Java code with a stub library that computes on the CPU. */
  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "skipped: needs Linux and its C compiler")
  void worksWithStubLibrary() throws Exception {
    Path source = folder.resolve("cuda_stub.c");
    try (InputStream in = CudaDeviceTest.class.getResourceAsStream("cuda_stub.c")) {
      Files.copy(in, source);
    }
    Path header = Path.of(System.getProperty("myelin.home", ".."), "native/cuda/include");
    Path library = folder.resolve("libcuda-stub.so");
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
    assertThat(ChildJvm.run(CudaStubProbe.class, 60, List.of("-Xmx256m"), library))
        .isEqualToIgnoringNewLines("all as expected");
  }
}

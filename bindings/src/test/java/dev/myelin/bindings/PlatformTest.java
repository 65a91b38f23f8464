package dev.myelin.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlatformTest {
  @ParameterizedTest
  @CsvSource({
    "Linux, amd64, linux-x64, x86_64-linux-gnu, linux-x86_64",
    "Linux, x86_64, linux-x64, x86_64-linux-gnu, linux-x86_64",
    "Linux, aarch64, linux-arm64, aarch64-linux-gnu, linux-aarch64",
    "Linux, arm, linux-armv7l, arm-linux-gnueabihf, linux-armv7l",
    "Linux, riscv64, linux-riscv64, riscv64-linux-gnu, linux-riscv64",
    "Mac OS X, aarch64, mac-arm64-metal, '', macos-aarch64",
    "Mac OS X, x86_64, mac-x64, '', macos-x86_64",
    "Windows 11, amd64, win-x64, '', windows-x86_64",
    "Windows 11, aarch64, win-arm64, '', windows-aarch64",
  })
  void mapsPlatformToPackageAndMultiarchNames(
      String os, String arch, String ggml, String multiarch, String classifier) {
    assertThat(Platform.of(os, arch)).isEqualTo(new Platform(ggml, multiarch, classifier));
  }

  @ParameterizedTest
  @CsvSource({"Linux, s390x", "Linux, ppc64le", "FreeBSD, amd64", "AIX, ppc64"})
  void rejectsUnsupportedPlatforms(String os, String arch) {
    assertThatThrownBy(() -> Platform.of(os, arch))
        .isInstanceOf(NativeLoadException.class)
        .hasMessage("no native libraries for " + os + " on " + arch);
  }

  @Test
  void supportsThisMachine() {
    assertThat(Platform.current().ggmlName()).isNotEmpty();
  }
}

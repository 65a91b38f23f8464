package dev.myelin.bindings.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.bindings.NativeLoadException;
import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.ggml.ggml_tensor;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AbiCheckTest {
  private static final Path LIBRARY = Path.of("libggml-base.so");

  @ParameterizedTest
  @ValueSource(strings = {"0.25.1", "0.25", "0.25.0-dirty", "0.27.0", "0.100.3"})
  void acceptsCompatibleVersions(String version) {
    assertThatCode(() -> AbiCheck.checkVersion(version, LIBRARY)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.24.9", "0.9.4", "1.0.0", "", "unknown", "0", "-0.25.1"})
  void rejectsOtherVersions(String version) {
    assertThatThrownBy(() -> AbiCheck.checkVersion(version, LIBRARY))
        .isInstanceOf(NativeLoadException.class)
        .hasMessage("libggml-base.so: ggml " + version + ": expected 0.25 or a later 0.x");
  }

  @Test
  void acceptsTheGgmlInUse() {
    NativeLibraries.load();
    assertThat(Ggml_h.ggml_tensor_overhead()).isGreaterThan(ggml_tensor.sizeof());
    assertThatCode(() -> AbiCheck.run(LIBRARY)).doesNotThrowAnyException();
  }
}

package dev.myelin.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.loader.NativeLibraries;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@link GgmlType} matches the type table of the loaded ggml. */
class GgmlTypeNativeTest {
  @BeforeAll
  static void load() {
    NativeLibraries.load();
  }

  @ParameterizedTest
  @EnumSource(GgmlType.class)
  void matchesGgml(GgmlType type) {
    assertThat(Ggml_h.ggml_type_name(type.id()).getString(0)).isEqualTo(type.ggmlName());
    assertThat(Ggml_h.ggml_blck_size(type.id())).isEqualTo(type.blockSize());
    assertThat(Ggml_h.ggml_type_size(type.id())).isEqualTo(type.blockBytes());
  }

  @Test
  void listsEveryGgmlType() {
    for (int id = 0; id < GgmlType.ID_LIMIT; id++) {
      assertThat(Ggml_h.ggml_blck_size(id) > 0)
          .as("type %d", id)
          .isEqualTo(GgmlType.ofId(id).isPresent());
    }
  }
}

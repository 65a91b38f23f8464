package dev.myelin.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.InvalidRequestException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GgmlTypeTest {
  @Test
  void mapsEachCurrentIdToOneType() {
    List<Integer> removed = List.of(4, 5, 31, 32, 33, 36, 37, 38);
    List<Integer> missing =
        IntStream.range(-2, 50).filter(id -> GgmlType.ofId(id).isEmpty()).boxed().toList();
    assertThat(missing).containsAll(removed).contains(-2, -1, 43, 49);
    assertThat(GgmlType.values()).hasSize(43 - removed.size());
    for (GgmlType type : GgmlType.values()) {
      assertThat(GgmlType.ofId(type.id())).contains(type);
      assertThat(type.ggmlName()).isEqualToIgnoringCase(type.name());
      assertThat(type.isQuantized()).isEqualTo(type.blockSize() > 1);
    }
    assertThat(GgmlType.ofId(Integer.MIN_VALUE)).isEmpty();
    assertThat(GgmlType.ofId(Integer.MAX_VALUE)).isEmpty();
  }

  @Test
  void countsBytesOfWholeBlocks() {
    assertThat(GgmlType.Q4_0.bytes(4096)).isEqualTo(4096 / 32 * 18);
    assertThat(GgmlType.F32.bytes(3)).isEqualTo(12);
    assertThat(GgmlType.Q6_K.bytes(0)).isZero();
    assertThat(GgmlType.Q4_K.bitsPerElement()).isEqualTo(4.5);
    assertThatThrownBy(() -> GgmlType.Q4_0.bytes(33))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContainingAll("33", "q4_0", "32");
    assertThatThrownBy(() -> GgmlType.F32.bytes(-4)).isInstanceOf(InvalidRequestException.class);
    assertThatThrownBy(() -> GgmlType.F64.bytes(1L << 61))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("64 bits");
  }
}

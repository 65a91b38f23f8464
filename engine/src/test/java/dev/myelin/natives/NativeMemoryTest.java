package dev.myelin.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.NativeLibraryException;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NativeMemoryTest {
  @ParameterizedTest
  @ValueSource(longs = {0, 1, 100, 1 << 20, 40 << 20})
  void reusedMemoryIsZeroed(long bytes) {
    for (int i = 0; i < 3; i++) {
      try (NativeMemory.Block block = NativeMemory.allocateZeroed(bytes, 64, "a test")) {
        assertThat(block.bytes().byteSize()).isEqualTo(bytes);
        assertThat(block.bytes().address() % 64).isZero();
        for (long at = 0; at < bytes; at += 97) {
          assertThat(block.bytes().get(ValueLayout.JAVA_BYTE, at)).isZero();
        }
        block.bytes().fill((byte) 1);
      }
      NativeMemory.requireAvailable(bytes, "a test");
    }
  }

  @Test
  void namesWhatThereIsNoMemoryFor() {
    long bytes = 1L << 60;
    assertThatThrownBy(() -> NativeMemory.requireAvailable(bytes, "a test"))
        .isInstanceOf(NativeLibraryException.class)
        .hasMessage("no memory for a test: " + bytes + " bytes");
    assertThatThrownBy(() -> NativeMemory.allocateZeroed(bytes, 64, "a test"))
        .isInstanceOf(NativeLibraryException.class)
        .hasMessage("no memory for a test: " + bytes + " bytes");
  }
}

package dev.myelin.bindings.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(value = OS.LINUX, disabledReason = "mappings are watched on Linux")
class MappingWatchTest {
  @TempDir Path folder;

  private Path file() throws IOException {
    return Files.write(folder.resolve("file"), new byte[100]);
  }

  private static MemorySegment map(Path file, Arena arena) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
    }
  }

  @Test
  void endsWithItsMapping() throws IOException {
    Path file = file();
    MappingWatch watch;
    try (Arena arena = Arena.ofShared()) {
      watch = MappingWatch.of(file, map(file, arena), arena).orElseThrow();
      assertThat(watch.isChanged()).isFalse();
      Files.write(file, new byte[99]);
      assertThat(watch.isChanged()).isTrue();
    }
    assertThat(watch.isChanged()).isFalse();
  }

  @Test
  void reusesWatchesOfClosedMappings() throws IOException {
    Path file = file();
    for (int round = 0; round < 8; round++) {
      try (Arena arena = Arena.ofShared()) {
        MemorySegment mapping = map(file, arena);
        for (int i = 0; i < 200; i++) {
          assertThat(MappingWatch.of(file, mapping, arena)).isPresent();
        }
      }
    }
  }

  @Test
  void rejectsClosedMapping() throws IOException {
    Path file = file();
    Arena arena = Arena.ofShared();
    MemorySegment mapping = map(file, arena);
    MemorySegment address = MemorySegment.ofAddress(mapping.address()).reinterpret(100);
    arena.close();
    assertThatIllegalStateException().isThrownBy(() -> MappingWatch.of(file, address, arena));
  }
}

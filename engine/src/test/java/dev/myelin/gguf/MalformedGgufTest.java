package dev.myelin.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.myelin.error.ModelFileException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each malformed file is rejected with a one-line message that names the defect. */
class MalformedGgufTest {
  private static final Path NAME = Path.of("some.gguf");

  static List<MalformedGguf.Case> cases() {
    return MalformedGguf.all();
  }

  @Test
  void opensTheValidBaseFile() {
    try (GgufFile file = GgufFile.of(NAME, RawGguf.segment(RawGguf.valid().build()))) {
      assertThat(file.tensors()).extracting(TensorInfo::name).containsExactly("a", "b");
      assertThat(file.metadata().keys()).hasSize(4);
    }
  }

  @Test
  void hasManyDistinctCases() {
    List<MalformedGguf.Case> cases = cases();
    assertThat(cases).hasSizeGreaterThanOrEqualTo(100);
    assertThat(cases.stream().map(MalformedGguf.Case::description)).doesNotHaveDuplicates();
    assertThat(cases.stream().map(c -> Arrays.hashCode(c.file()))).doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void rejectsWithOneLine(MalformedGguf.Case malformed) {
    MemorySegment bytes = RawGguf.segment(malformed.file());
    Throwable thrown = catchThrowable(() -> GgufFile.of(NAME, bytes).close());
    assertThat(thrown).isExactlyInstanceOf(ModelFileException.class);
    assertThat(thrown.getMessage())
        .startsWith("some.gguf: ")
        .contains(malformed.messageParts())
        .doesNotContainPattern("\\p{Cntrl}")
        .contains("expected ")
        .hasSizeLessThan(300);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void boundsAllocationByFileSize(MalformedGguf.Case malformed) {
    MemorySegment bytes = RawGguf.segment(malformed.file());
    Runnable open = () -> catchThrowable(() -> GgufFile.of(NAME, bytes).close());
    assertThat(HeapAllocation.exceeds(HeapAllocation.limit(malformed.file().length), open))
        .isFalse();
  }

  @Test
  void rejectsFromDiskToo(@TempDir Path folder) throws Exception {
    for (MalformedGguf.Case malformed : cases()) {
      Path file = Files.write(folder.resolve("some.gguf"), malformed.file());
      assertThat(catchThrowable(() -> GgufFile.open(file).close()))
          .as(malformed.description())
          .isExactlyInstanceOf(ModelFileException.class)
          .hasMessageStartingWith(file + ": ");
    }
  }
}

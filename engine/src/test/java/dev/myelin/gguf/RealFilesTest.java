package dev.myelin.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.testing.SharedData;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files that other programs wrote. */
class RealFilesTest {
  @Test
  void readsEveryVocabulary() throws Exception {
    Path folder = SharedData.path("vocabs");
    List<Path> files;
    try (Stream<Path> all = Files.list(folder)) {
      files = all.filter(f -> f.toString().endsWith(".gguf")).sorted().toList();
    }
    assertThat(files).hasSizeGreaterThan(15);
    for (Path path : files) {
      try (GgufFile file = GgufFile.open(path)) {
        GgufArray tokens = file.metadata().array("tokenizer.ggml.tokens");
        assertThat(tokens.size()).as(path.toString()).isGreaterThan(1000);
        assertThat(file.metadata().string("general.architecture")).isNotBlank();
        OpenFileChecks.checkAll(file);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"f32, 47", "Q8_0, 47", "Q4_0, 47"})
  void readsEveryCheckpoint(String kind, int tensors) {
    try (GgufFile file = GgufFile.open(SharedData.path("models/stories260K-" + kind + ".gguf"))) {
      assertThat(file.tensors()).hasSize(tensors);
      assertThat(file.metadata().u32("llama.block_count")).isEqualTo(5);
      TensorInfo embedding = file.tensor("token_embd.weight").orElseThrow();
      assertThat(embedding.shape()).containsExactly(64L, 512L);
      assertThat(file.tensors()).extracting(t -> t.type().ggmlName()).contains(kind.toLowerCase());
      OpenFileChecks.checkAll(file);
    }
  }

  @Test
  void findsWeightsAtTheirOffsets() {
    try (GgufFile file = GgufFile.open(SharedData.path("models/stories260K-f32.gguf"))) {
      MemorySegment norm = file.data(file.tensor("output_norm.weight").orElseThrow());
      double sum = 0;
      for (int i = 0; i < 64; i++) {
        float weight = norm.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i);
        // a trained norm weight is positive and of order one
        assertThat(weight).isBetween(0.1f, 20f);
        sum += weight;
      }
      assertThat(sum).isBetween(6.0, 1280.0);
    }
  }

  @Test
  void opensLargeVocabularyWithLittleHeap() throws Exception {
    Path path = SharedData.path("vocabs/ggml-vocab-llama-bpe.gguf");
    GgufFile.open(path).close();
    GgufFile[] opened = new GgufFile[1];
    long allocated = HeapAllocation.measure(() -> opened[0] = GgufFile.open(path));
    try (GgufFile file = opened[0]) {
      GgufArray tokens = file.metadata().array("tokenizer.ggml.tokens");
      GgufArray merges = file.metadata().array("tokenizer.ggml.merges");
      assertThat(tokens.size()).isEqualTo(128256);
      assertThat(merges.size()).isEqualTo(280147);
      assertThat(tokens.string(128000)).isEqualTo("<|begin_of_text|>");
      long index = 4L * (tokens.size() + merges.size());
      assertThat(allocated).isLessThan(index + 256 * 1024).isLessThan(Files.size(path) / 2);
    }
  }
}

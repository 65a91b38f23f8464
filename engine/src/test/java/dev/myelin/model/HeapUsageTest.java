package dev.myelin.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.gguf.GgmlType;
import dev.myelin.testing.ChildJvm;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Feature;
import dev.myelin.testing.RandomModel.Shape;
import dev.myelin.testing.RandomVocabulary;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A checkpoint of 2 GiB runs in a JVM with a heap of 128 MiB. */
class HeapUsageTest {
  private static final long TWO_GIGABYTES = 2L << 30;

  /** Layers of Llama 3.2 1B's shape that add up to 2 GiB in Q4_0. */
  private static final int LAYERS = 60;

  @TempDir Path folder;

  @Test
  void runs2GiBModelWith128MiBHeap() throws Exception {
    long free = Files.getFileStore(folder).getUsableSpace();
    assumeTrue(
        free > 2 * TWO_GIGABYTES,
        () -> "skipped: " + (free >> 20) + " MiB free at " + folder + ", 4096 MiB wanted");
    Path file = folder.resolve("big.gguf");
    RandomModel.small("llama")
        .withShape(Shape.LLAMA_1B.withLayers(LAYERS))
        .with(Feature.TIED, Feature.ROPE_BASE)
        .withType(GgmlType.Q4_0)
        .withVocabulary(RandomVocabulary.Kind.LLAMA_BPE)
        .repeatingWriter()
        .write(file);
    assertThat(Files.size(file)).isGreaterThan(TWO_GIGABYTES);
    try {
      String output = ChildJvm.run(HeapUsageProbe.class, 60, List.of("-Xmx128m"), file).strip();
      System.out.println("heap: " + output);
      assertThat(output).startsWith("128256 logits");
    } finally {
      Files.delete(file);
    }
  }
}

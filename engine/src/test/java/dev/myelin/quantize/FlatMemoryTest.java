package dev.myelin.quantize;

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

/** Converts a checkpoint of more than a gigabyte in little memory. */
class FlatMemoryTest {
  private static final long GIGABYTE = 1L << 30;

  /** A JVM with a heap of 64 MiB and its compiled code fit in this. */
  private static final int MAX_MEBIBYTES = 320;

  @TempDir Path folder;

  @Test
  void convertsOneGigabyteWith64MegabyteHeap() throws Exception {
    long free = Files.getFileStore(folder).getUsableSpace();
    assumeTrue(
        free > 3 * GIGABYTE,
        () -> "skipped: " + (free >> 20) + " MiB free at " + folder + ", 3072 MiB needed");
    Path in = folder.resolve("in.gguf");
    RandomModel.small("llama")
        .withShape(Shape.LLAMA_1B.withLayers(5))
        .with(Feature.TIED)
        .withType(GgmlType.F16)
        .withVocabulary(RandomVocabulary.Kind.LLAMA_BPE)
        .repeatingWriter()
        .write(in);
    assertThat(Files.size(in)).isGreaterThan(GIGABYTE);
    Path out = folder.resolve("out.gguf");
    List<String> heap = List.of("-Xmx64m");
    int peak =
        Integer.parseInt(ChildJvm.run(FlatMemoryProbe.class, 120, heap, in, out, "Q8_0").strip());
    System.out.println("quantize: peak resident memory " + peak + " MiB");
    assertThat(peak).isLessThan(MAX_MEBIBYTES);
    assertThat(Files.size(out)).isBetween(Files.size(in) / 2, Files.size(in));
  }
}

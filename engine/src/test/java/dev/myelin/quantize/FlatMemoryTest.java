package dev.myelin.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.gguf.GgmlType;
import dev.myelin.testing.OwnJvm;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Feature;
import dev.myelin.testing.RandomModel.Shape;
import dev.myelin.testing.RandomVocabulary;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A checkpoint of more than a gigabyte is converted in the memory that a small one takes. */
class FlatMemoryTest {
  private static final long GIGABYTE = 1L << 30;

  /** What a JVM with a heap of 64 MiB and its compiled code come to, and no more. */
  private static final int MOST_MEBIBYTES = 320;

  @TempDir Path folder;

  @Test
  void aGigabyteUnderAHeapOf64Megabytes() throws Exception {
    long free = Files.getFileStore(folder).getUsableSpace();
    assumeTrue(
        free > 3 * GIGABYTE,
        () -> "skipped: " + (free >> 20) + " MiB free at " + folder + ", 3072 MiB wanted");
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
        Integer.parseInt(OwnJvm.run(FlatMemoryProbe.class, 120, heap, in, out, "Q8_0").strip());
    System.out.println("quantize: peak of resident memory " + peak + " MiB");
    assertThat(peak).isLessThan(MOST_MEBIBYTES);
    assertThat(Files.size(out)).isBetween(Files.size(in) / 2, Files.size(in));
  }
}

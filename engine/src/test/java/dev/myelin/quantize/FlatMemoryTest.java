package dev.myelin.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.gguf.GgmlType;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Feature;
import dev.myelin.testing.RandomModel.Shape;
import dev.myelin.testing.RandomVocabulary;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
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
    int peak = Integer.parseInt(probe(in, out));
    System.out.println("quantize: peak of resident memory " + peak + " MiB");
    assertThat(peak).isLessThan(MOST_MEBIBYTES);
    assertThat(Files.size(out)).isBetween(Files.size(in) / 2, Files.size(in));
  }

  private static String probe(Path in, Path out) throws IOException, InterruptedException {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-Xmx64m",
            "-Dmyelin.home=" + System.getProperty("myelin.home", ".."),
            "-cp",
            System.getProperty("java.class.path"),
            FlatMemoryProbe.class.getName(),
            in.toString(),
            out.toString(),
            "Q8_0");
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(said).isZero();
    return said.strip();
  }
}

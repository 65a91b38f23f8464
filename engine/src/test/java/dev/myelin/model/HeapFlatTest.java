package dev.myelin.model;

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

/** A checkpoint of two gigabytes runs in a JVM whose heap is a sixteenth of that. */
class HeapFlatTest {
  private static final long TWO_GIGABYTES = 2L << 30;

  /** Layers of the shape of Llama 3.2 1B that make two gigabytes in Q4_0. */
  private static final int LAYERS = 60;

  @TempDir Path folder;

  @Test
  void twoGigabytesUnderAHeapOf128Megabytes() throws Exception {
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
      String said = probe(file);
      System.out.println("heap: " + said);
      assertThat(said).startsWith("128256 logits");
    } finally {
      Files.delete(file);
    }
  }

  private static String probe(Path file) throws IOException, InterruptedException {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-Xmx128m",
            "-Dmyelin.home=" + System.getProperty("myelin.home", ".."),
            "-cp",
            System.getProperty("java.class.path"),
            HeapFlatProbe.class.getName(),
            file.toString());
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(out).isZero();
    return out.strip();
  }
}

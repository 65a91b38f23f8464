package dev.myelin.benches;

import dev.myelin.gguf.GgufFile;
import dev.myelin.model.Model;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomVocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Opening a GGUF file, and loading a model with its tokenizer, in a JVM that is warmed up. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class OpenBenchmark {
  @Param({"320", "32000", "128256"})
  int vocabulary;

  private Path file;

  @Setup
  public void write() throws IOException {
    file = Files.createTempFile("open", ".gguf");
    RandomModel.Shape shape = new RandomModel.Shape(16, 32, 1, 1, 32, 32, vocabulary, 512);
    RandomModel.small("llama")
        .withShape(shape)
        .withVocabulary(RandomVocabulary.Kind.LLAMA_BPE)
        .write(file);
    Checks.checkEqual(gguf(), 3 + 16 * 9, "tensors");
    Checks.checkEqual(model(), vocabulary, "tokens");
  }

  @TearDown
  public void delete() throws IOException {
    Files.delete(file);
  }

  @Benchmark
  public int gguf() {
    try (GgufFile open = GgufFile.open(file)) {
      return open.tensors().size();
    }
  }

  @Benchmark
  public int model() {
    try (Model model = Model.load(file)) {
      return model.tokenizer().vocabulary().size();
    }
  }
}

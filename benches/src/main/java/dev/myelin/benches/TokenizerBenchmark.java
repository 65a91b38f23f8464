package dev.myelin.benches;

import dev.myelin.gguf.GgufFile;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomVocabulary;
import dev.myelin.tokenizer.Tokenizer;
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
import org.openjdk.jmh.annotations.Warmup;

/** Encoding and decoding about 8,000 characters with a random vocabulary of 32,000 tokens. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class TokenizerBenchmark {
  private static final int LENGTH = 8192;

  /** The text. */
  public enum Text {
    ENGLISH("The quick brown fox jumps over the lazy dog; it's 3 o'clock, and nobody minds.\n"),
    CODE("for (int i = 0; i < n; i++) {\n    sum += values[i] * 2.5f;  // weighted\n}\n"),
    CHINESE("人工智能正在改变世界，模型越来越大，也越来越快。"),
    EMOJI("So 😀 many 🎉🎊 feelings 👩‍👩‍👧‍👦 at once 🇫🇷! ");

    private final String text;

    Text(String sentence) {
      text = sentence.repeat(LENGTH / sentence.length());
    }
  }

  @Param({"SPM", "GPT_2", "LLAMA_BPE"})
  RandomVocabulary.Kind kind;

  @Param Text text;

  private Tokenizer tokenizer;
  private int[] tokens;

  @Setup
  public void open() {
    RandomModel.Shape shape = new RandomModel.Shape(1, 32, 1, 1, 32, 32, 32_000, 32);
    RandomModel model = RandomModel.small("llama").withShape(shape).withVocabulary(kind);
    try (GgufFile file = GgufFile.of(Path.of("random.gguf"), model.writer().toBytes())) {
      tokenizer = Tokenizer.of(file);
    }
    tokens = tokenizer.encode(text.text, false, false);
    String back = tokenizer.decode(tokens, false);
    Checks.check(back.strip().equals(text.text.strip()), kind + " changes " + text);
  }

  @Benchmark
  public int[] encode() {
    return tokenizer.encode(text.text, false, false);
  }

  @Benchmark
  public String decode() {
    return tokenizer.decode(tokens, false);
  }
}

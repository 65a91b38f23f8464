package dev.myelin.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.bindings.peer.LlamaContext.FlashAttention;
import dev.myelin.gguf.DataSource;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.graph.Dequantizer;
import dev.myelin.graph.NativeKernels;
import dev.myelin.state.CacheType;
import dev.myelin.tokenizer.Tokenizer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Compares the accuracy of the native kernels of a quantised type with libllama's. Both compute
 * logits with the same quantised weights; the reference is libllama's logits with the dequantised
 * weights. Everything else is f32, so that only the matmuls of quantised weights differ.
 */
public final class KernelAccuracy {
  /** Maximum ratio of Myelin's error to libllama's. */
  private static final double BOUND = 1.5;

  private static final int TOKENS = 60;
  private static final int CONTEXT = 256;

  private final Path folder;

  /** The bundled story model with text from its domain, and a model with random weights. */
  private final List<Subject> subjects;

  /** A checkpoint to be quantised to each type, and its input tokens. */
  private record Subject(String name, Path file, int[] tokens) {}

  /** Writes its models to this folder. */
  public KernelAccuracy(Path folder) {
    Logits.requireOracle();
    this.folder = folder;
    RandomModel model = RandomModel.small("llama");
    int[] tokens = Logits.randomTokens(TOKENS, model.shape().vocabulary(), 7);
    Path random = model.write(folder.resolve("random.gguf"));
    subjects = List.of(stories(), new Subject("random", random, tokens));
  }

  private static Subject stories() {
    Path stories = Path.of("cli/src/main/resources/dev/myelin/cli/stories.gguf");
    Path file = SharedData.projectRoot().resolve(stories);
    try (GgufFile gguf = GgufFile.open(file)) {
      int[] text = Tokenizer.of(gguf).encode(new EnglishText(3).stories(TOKENS * 8), true, false);
      return new Subject("trained", file, Arrays.copyOf(text, TOKENS));
    }
  }

  /** The quantised types that the kernels of this machine multiply. */
  public static List<GgmlType> types() {
    return NativeKernels.supportedTypes().keySet().stream().filter(GgmlType::isQuantized).toList();
  }

  /** Fails if Myelin's error is larger than {@link #BOUND} times libllama's. */
  public void assertComparable(GgmlType type) {
    subjects.forEach(s -> compare(s, type));
  }

  private void compare(Subject subject, GgmlType type) {
    Path quantised = folder.resolve("quantised.gguf");
    write(subject.file, type, quantised);
    Path dequantized = Dequantized.write(quantised, folder.resolve("f32.gguf"));
    Logits exact = oracle(dequantized, subject.tokens);
    double libllamaError = oracle(quantised, subject.tokens).nmse(exact);
    Logits.Run run = run(quantised, subject.tokens);
    double whole = Logits.myelin(run, TOKENS).nmse(exact);
    double single = Logits.myelin(run, 1).nmse(exact);
    System.out.printf(
        "accuracy: %-6s %s: whole %.2e, one by one %.2e, libllama %.2e: %.2f%n",
        type.ggmlName(),
        subject.name,
        whole,
        single,
        libllamaError,
        Math.max(whole, single) / libllamaError);
    // libllama's error is due to quantised activations alone
    assertThat(libllamaError).as("libllama, %s, %s", subject.name, type).isBetween(1e-9, 1e-2);
    assertThat(whole)
        .as("%s, %s, whole", subject.name, type)
        .isLessThanOrEqualTo(BOUND * libllamaError);
    assertThat(single)
        .as("%s, %s, one by one", subject.name, type)
        .isLessThanOrEqualTo(BOUND * libllamaError);
  }

  private static Logits.Run run(Path file, int[] tokens) {
    return new Logits.Run(file, tokens, CONTEXT, CacheType.F32, 1);
  }

  private static Logits oracle(Path file, int[] tokens) {
    return Logits.libllama(run(file, tokens), FlashAttention.OFF, TOKENS);
  }

  /** Writes a checkpoint with all matrices in one type. */
  private static void write(Path from, GgmlType type, Path quantised) {
    try (GgufFile file = GgufFile.open(from);
        Arena arena = Arena.ofConfined()) {
      GgufWriter writer = new GgufWriter().putAll(file.metadata());
      for (TensorInfo t : file.tensors()) {
        long[] dims = t.shape().stream().mapToLong(Long::longValue).toArray();
        MemorySegment values = floats(t.type(), file.data(t), t.elements(), arena);
        if (dims.length == 1) {
          writer.tensor(t.name(), GgmlType.F32, dims, DataSource.of(values));
        } else {
          float[] plain = values.toArray(ValueLayout.JAVA_FLOAT);
          MemorySegment blocks = RandomWeights.quantize(type, plain, dims[0]);
          writer.tensor(t.name(), type, dims, DataSource.of(blocks));
        }
      }
      writer.write(quantised);
    }
  }

  private static MemorySegment floats(
      GgmlType type, MemorySegment blocks, long elements, Arena arena) {
    MemorySegment out = arena.allocate(elements * Float.BYTES, 64);
    return Dequantizer.of(type).orElseThrow().dequantize(blocks, out);
  }
}

package dev.myelin.model;

import static dev.myelin.testing.RandomModel.Feature.EXPERTS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.gguf.DataSource;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.state.CacheType;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A NaN or an infinity in any weight reaches the logits of every position, although activations and
 * the cache are quantised on the way, both with native and with ggml's kernels.
 */
class NaNPropagationTest {
  private static final int TOKEN = 7;
  private static final int TOKENS = 5;
  private static final short NAN_HALF = 0x7e00;
  private static final short INFINITE_HALF = (short) 0xfc00;

  private static final List<String> DENSE =
      List.of(
          "token_embd.weight",
          "blk.0.attn_norm.weight",
          "blk.0.attn_q.weight",
          "blk.0.attn_k.weight",
          "blk.1.attn_v.weight",
          "blk.1.attn_output.weight",
          "blk.0.ffn_norm.weight",
          "blk.0.ffn_gate.weight",
          "blk.0.ffn_up.weight",
          "blk.1.ffn_down.weight",
          "output_norm.weight",
          "output.weight");

  private static final List<String> SPARSE =
      List.of(
          "blk.0.ffn_norm.weight",
          "blk.0.ffn_gate_inp.weight",
          "blk.0.ffn_gate_exps.weight",
          "blk.1.ffn_down_exps.weight");

  @TempDir static Path folder;

  /** A model with all matrices of one type, and its cache type. */
  private record Case(String name, RandomModel model, CacheType cache, List<String> tensors) {
    @Override
    public String toString() {
      return name + ", cache " + cache;
    }
  }

  static List<Case> cases() {
    RandomModel llama = RandomModel.small("llama").withShape(Shape.SMALL.withLayers(2));
    List<Case> cases = new ArrayList<>();
    for (GgmlType type :
        List.of(
            GgmlType.F32,
            GgmlType.F16,
            GgmlType.BF16,
            GgmlType.Q4_0,
            GgmlType.Q8_0,
            GgmlType.Q4_1,
            GgmlType.Q2_K,
            GgmlType.Q4_K,
            GgmlType.Q6_K,
            GgmlType.IQ2_XXS)) {
      RandomModel model = llama.withType(type);
      cases.add(new Case(type.ggmlName(), model, CacheType.F16, DENSE));
    }
    RandomModel q8 = llama.withType(GgmlType.Q8_0);
    cases.add(new Case("q8_0", q8, CacheType.Q8_0, DENSE));
    cases.add(new Case("q8_0", q8, CacheType.F32, DENSE));
    for (GgmlType type : List.of(GgmlType.Q4_0, GgmlType.IQ2_XXS)) {
      RandomModel experts = llama.with(EXPERTS).withType(type);
      cases.add(new Case("experts, " + type.ggmlName(), experts, CacheType.F16, SPARSE));
    }
    return cases;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void nonFiniteWeightReachesLogits(Case c) {
    Path whole = c.model.write(folder.resolve("whole.gguf"));
    int[] tokens = Logits.randomTokens(TOKENS, c.model.shape().vocabulary(), 3);
    tokens[0] = TOKEN;
    boolean infinite = false;
    for (String tensor : c.tensors) {
      // a router logit of minus infinity only means that the expert is never selected
      infinite = !infinite && !tensor.contains("gate_inp");
      Path broken = writeBroken(whole, tensor, infinite);
      Logits.Run run = new Logits.Run(broken, tokens, 64, c.cache, 1);
      for (int chunk : new int[] {TOKENS, 1}) {
        for (float[] row : Logits.myelin(run, chunk).rows()) {
          assertThat(anyIsNotFinite(row))
              .as("%s, %s, infinite %b, %d tokens at a time", c, tensor, infinite, chunk)
              .isTrue();
        }
      }
    }
  }

  private static boolean anyIsNotFinite(float[] row) {
    for (float value : row) {
      if (!Float.isFinite(value)) {
        return true;
      }
    }
    return false;
  }

  /** Writes the file with one non-finite value in each matrix of the tensor, in the token's row. */
  private static Path writeBroken(Path whole, String tensor, boolean infinite) {
    Path file = folder.resolve("broken.gguf");
    try (GgufFile from = GgufFile.open(whole)) {
      GgufWriter writer = new GgufWriter().putAll(from.metadata());
      boolean found = false;
      for (TensorInfo t : from.tensors()) {
        long[] dims = t.shape().stream().mapToLong(Long::longValue).toArray();
        MemorySegment data = from.data(t);
        if (t.name().equals(tensor)) {
          found = true;
          data = MemorySegment.ofArray(data.toArray(ValueLayout.JAVA_BYTE));
          int matrices = dims.length == 3 ? (int) dims[2] : 1;
          for (int i = 0; i < matrices; i++) {
            long row = dims.length == 1 ? 0 : Math.min(TOKEN, dims[1] - 1);
            long at = t.type().bytes(dims[0]) * row;
            put(data, t.type(), i * (data.byteSize() / matrices) + at, infinite);
          }
        }
        writer.tensor(t.name(), t.type(), dims, DataSource.of(data));
      }
      assertThat(found).as(tensor).isTrue();
      writer.write(file);
    }
    return file;
  }

  private static void put(MemorySegment data, GgmlType type, long at, boolean infinite) {
    short half = infinite ? INFINITE_HALF : NAN_HALF;
    switch (type) {
      case F32 ->
          data.set(
              ValueLayout.JAVA_FLOAT_UNALIGNED, at, infinite ? Float.NEGATIVE_INFINITY : Float.NaN);
      case BF16 ->
          data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, (short) (infinite ? 0xff80 : 0x7fc0));
      case Q2_K -> data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + 80, half);
      case Q6_K -> data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + 208, half);
      default -> data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, half);
    }
  }
}

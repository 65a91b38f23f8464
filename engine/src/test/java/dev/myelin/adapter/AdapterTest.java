package dev.myelin.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.adapter.AdapterWriter.Factor;
import dev.myelin.error.IllegalUseException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.model.Model;
import dev.myelin.state.CacheType;
import dev.myelin.testing.ChangedModel;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomAdapter;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Feature;
import dev.myelin.testing.RandomModel.Shape;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An adapter is equivalent to adding scale * B A to the matrix. */
class AdapterTest {
  private static final Shape TINY = new Shape(2, 64, 4, 2, 16, 96, 320, 128);
  private static final int[] TOKENS = Logits.randomTokens(20, 320, 9);

  @TempDir static Path folder;
  static Path model;
  static Path adapter;

  @BeforeAll
  static void writeFiles() {
    model = RandomModel.small("llama").withShape(TINY).write(folder.resolve("model.gguf"));
    adapter = RandomAdapter.ofRank(4).withAlpha(6).write(folder.resolve("a.gguf"), model);
  }

  private static Logits logits(Path model, Adapter... adapters) {
    Logits.Run run = new Logits.Run(model, TOKENS, 64, CacheType.F32, 1);
    return Logits.myelin(run.withAdapters(adapters), 7);
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "llama experts", "qwen2", "qwen3", "gpt2", "llama tied"})
  void equalsMergedModel(String name) {
    RandomModel random = RandomModel.small(name.split(" ")[0]).withShape(TINY);
    if (name.equals("gpt2")) {
      random = random.withShape(TINY.withHeads(4, 4, 16));
    } else if (name.endsWith("experts")) {
      random = random.with(Feature.EXPERTS);
    } else if (name.endsWith("tied")) {
      random = random.with(Feature.TIED);
    }
    // merging into a tied embedding would also update the output
    RandomAdapter update =
        RandomAdapter.ofRank(3)
            .withAlpha(5)
            .only(w -> !name.endsWith("tied") || !w.startsWith("t"));
    Path base = random.write(folder.resolve("base.gguf"));
    Path lora = update.write(folder.resolve("lora.gguf"), base);
    Path merged = merged(base, lora, 0.5f * 5 / 3);
    Logits expected = logits(merged);
    assertThat(logits(base, new Adapter(lora, 0.5f)).nmse(expected)).isLessThan(1e-9);
    assertThat(logits(base).nmse(expected)).isGreaterThan(1e-2);
  }

  /** Writes a model with W + scale * B A in place of each W, computed in f64. */
  private static Path merged(Path base, Path lora, float scale) {
    Path out = folder.resolve("merged.gguf");
    try (GgufFile model = GgufFile.open(base);
        GgufFile change = GgufFile.open(lora)) {
      GgufWriter writer = new GgufWriter().putAll(model.metadata());
      for (TensorInfo w : model.tensors()) {
        float[] values = floats(model, w);
        change
            .tensor(w.name() + ".lora_a")
            .ifPresent(a -> add(values, w, floats(change, a), b(change, w), scale));
        long[] shape = w.shape().stream().mapToLong(Long::longValue).toArray();
        writer.tensor(w.name(), GgmlType.F32, shape, MemorySegment.ofArray(values));
      }
      writer.write(out);
    }
    return out;
  }

  private static float[] b(GgufFile change, TensorInfo w) {
    return floats(change, change.tensor(w.name() + ".lora_b").orElseThrow());
  }

  private static void add(float[] values, TensorInfo w, float[] a, float[] b, float scale) {
    int in = (int) w.dim(0);
    int out = (int) w.dim(1);
    int experts = (int) w.dim(2);
    boolean rows = w.name().startsWith("token_embd");
    int rank = a.length / experts / (rows ? out : in);
    for (int e = 0; e < experts; e++) {
      for (int o = 0; o < out; o++) {
        for (int i = 0; i < in; i++) {
          double sum = 0;
          for (int r = 0; r < rank; r++) {
            sum +=
                rows
                    ? (double) a[o * rank + r] * b[i * rank + r]
                    : (double) a[(e * rank + r) * in + i] * b[(e * out + o) * rank + r];
          }
          values[(e * out + o) * in + i] += (float) (scale * sum);
        }
      }
    }
  }

  private static float[] floats(GgufFile file, TensorInfo tensor) {
    return file.data(tensor).toArray(ValueLayout.JAVA_FLOAT.withByteAlignment(1));
  }

  @Test
  void scalesAddUp() {
    Logits whole = logits(model, new Adapter(adapter, 0.75f));
    Logits parts = logits(model, new Adapter(adapter, 0.5f), new Adapter(adapter, 0.25f));
    assertThat(parts.nmse(whole)).isLessThan(1e-10);
    Logits cancelled = logits(model, new Adapter(adapter, 1), new Adapter(adapter, -1));
    assertThat(cancelled.nmse(logits(model))).isLessThan(1e-10);
  }

  @Test
  void scaleZeroLeavesLogitsBitIdentical() {
    assertThat(logits(model, new Adapter(adapter, 0)).rows()).isDeepEqualTo(logits(model).rows());
  }

  @Test
  void modelListsItsAdapters() {
    Path mixed = folder.resolve("mixed.gguf");
    new AdapterWriter("llama", 8)
        .put("general.name", "a test")
        .add("output.weight", zeros(64, 2), zeros(2, 320))
        .add("blk.1.attn_k.weight", zeros(64, 5), zeros(5, 32))
        .write(mixed);
    try (Model loaded = Model.load(model, List.of(Adapter.of(adapter), new Adapter(mixed, 2)))) {
      assertThat(loaded.adapters())
          .containsExactly(
              new AdapterInfo(adapter, 1, 16, 4, 4, loaded.adapters().get(0).parameters(), 0),
              new AdapterInfo(mixed, 2, 2, 2, 5, 64 * 2 + 2 * 320 + 64 * 5 + 5 * 32, 0));
    }
    try (Model loaded = Model.load(model)) {
      assertThat(loaded.adapters()).isEmpty();
    }
  }

  @Test
  void countsAndIgnoresNorms() throws IOException {
    Path normed = folder.resolve("normed.gguf");
    byte[] bytes = Files.readAllBytes(adapter);
    MemorySegment good = Arena.ofAuto().allocate(bytes.length, 64);
    new ChangedModel(good.copyFrom(MemorySegment.ofArray(bytes)))
        .tensor("blk.0.attn_norm.weight", GgmlType.F32, 64)
        .tensor("output_norm.weight", GgmlType.F16, 64)
        .write(normed);
    try (Model loaded = Model.load(model, List.of(Adapter.of(normed)))) {
      assertThat(loaded.adapters().getFirst().ignoredNorms()).isEqualTo(2);
    }
    assertThat(logits(model, Adapter.of(normed)).rows())
        .isDeepEqualTo(logits(model, Adapter.of(adapter)).rows());
  }

  @Test
  void graphHoldsManyAdapters() {
    Adapter[] many = new Adapter[40];
    Arrays.fill(many, new Adapter(adapter, 1 / 40f));
    assertThat(logits(model, many).nmse(logits(model, Adapter.of(adapter)))).isLessThan(1e-9);
  }

  @Test
  void staysMappedUntilLastSessionCloses() throws IOException {
    Path own = Files.copy(adapter, folder.resolve("own.gguf"));
    Model loaded = Model.load(model, List.of(Adapter.of(own)));
    Session session = Session.open(loaded, SessionOptions.defaults().withThreads(1));
    session.feed(1, 2, 3);
    loaded.close();
    assertThatThrownBy(() -> session.feed(4)).isInstanceOf(IllegalUseException.class);
    session.close();
    Files.delete(own);
  }

  @Test
  void writerRejectsInvalidAdapters() {
    AdapterWriter writer = new AdapterWriter("llama", 4);
    assertThatThrownBy(() -> writer.write(folder.resolve("empty.gguf")))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("has no tensors");
    assertThatThrownBy(() -> writer.add("output.weight", zeros(64, 2), zeros(3, 320)))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage(
            "adapter of output.weight: expected A and B of equal rank, found shapes [64, 2] and [3,"
                + " 320]");
    writer.add("token_embd.weight", zeros(2, 320), zeros(2, 64));
    assertThatThrownBy(() -> writer.add("token_embd.weight", zeros(320, 2), zeros(2, 64)))
        .hasMessageContaining("equal rank");
    assertThatThrownBy(() -> writer.add("token_embd.weight", zeros(2, 320), zeros(2, 64)))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("added twice");
    assertThatThrownBy(() -> writer.add("x".repeat(60), zeros(64, 2), zeros(2, 64)))
        .isInstanceOf(InvalidRequestException.class);
    assertThatThrownBy(() -> new AdapterWriter("llama", Float.NaN))
        .isInstanceOf(InvalidRequestException.class);
  }

  private static Factor zeros(int row, int rows) {
    return Factor.of(new float[row * rows], row, rows);
  }
}

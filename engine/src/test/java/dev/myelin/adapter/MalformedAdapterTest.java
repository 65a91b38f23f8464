package dev.myelin.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.error.Printable;
import dev.myelin.error.UnsupportedModelException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.model.Model;
import dev.myelin.testing.ChangedModel;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Valid GGUF files that are not an adapter of the model. Each is rejected with a one-line message
 * that names the adapter's file, the key or tensor, and the expected value.
 */
class MalformedAdapterTest {
  private static final Shape TINY = new Shape(2, 64, 4, 2, 16, 96, 320, 128);
  private static final int RANK = 4;
  private static final Map<String, MemorySegment> VALID = new TreeMap<>();

  @TempDir static Path folder;

  /** A modification of a valid adapter, and the words that the message must contain. */
  private record Case(
      String name, String base, UnaryOperator<ChangedModel> change, List<String> expectedWords) {
    @Override
    public String toString() {
      return base + ": " + name;
    }
  }

  @BeforeAll
  static void write() throws IOException {
    for (String base : List.of("llama", "llama experts", "llama tied", "gpt2")) {
      RandomModel random = RandomModel.small(base.split(" ")[0]).withShape(TINY);
      if (base.equals("gpt2")) {
        random = random.withShape(TINY.withHeads(4, 4, 16));
      } else if (base.endsWith("experts")) {
        random = random.with(Feature.EXPERTS);
      } else if (base.endsWith("tied")) {
        random = random.with(Feature.TIED);
      }
      random.write(model(base));
      Path adapter = folder.resolve("good.gguf");
      RandomAdapter.ofRank(RANK).write(adapter, model(base));
      byte[] bytes = Files.readAllBytes(adapter);
      VALID.put(
          base, Arena.ofAuto().allocate(bytes.length, 64).copyFrom(MemorySegment.ofArray(bytes)));
    }
  }

  private static Path model(String base) {
    return folder.resolve("model " + base + ".gguf");
  }

  private static final class Cases {
    private final List<Case> all = new ArrayList<>();
    private String base = "llama";

    void add(String name, UnaryOperator<ChangedModel> change, String... says) {
      all.add(new Case(name, base, change, List.of(says)));
    }

    void key(String key, Object value, String... says) {
      add(key + " = " + value, m -> m.put(key, value), join(says, "key " + key));
    }

    void missing(String name, String... says) {
      add("no " + name, m -> m.drop(name), join(says, name, "missing"));
    }

    void tensor(String tensor, GgmlType type, long[] dims, String... says) {
      String name = tensor + " " + type + " " + Arrays.toString(dims);
      add(name, m -> m.tensor(tensor, type, dims), join(says, Printable.of(tensor)));
    }

    private static String[] join(String[] some, String... more) {
      List<String> all = new ArrayList<>(List.of(some));
      all.addAll(List.of(more));
      return all.toArray(String[]::new);
    }
  }

  static List<Case> keys() {
    Cases c = new Cases();
    c.missing("general.type", "\"adapter\"");
    c.key("general.type", "model", "\"adapter\"");
    c.key("general.type", 3, "a string");
    c.missing("adapter.type");
    c.key("adapter.type", "control_vector", "\"lora\"");
    c.missing("general.architecture");
    c.key("general.architecture", "qwen2", "qwen2", "expected llama", "for another model");
    c.key("general.architecture", "\u001b[31mllama", "\\u001b");
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      c.key("adapter.lora.alpha", bad, "a finite number");
    }
    c.key("adapter.lora.alpha", "much", "float");
    c.key("adapter.lora.alpha", 16, "float");
    c.key("llama.block_count", 3, "expected 2", "for another model");
    c.key("llama.attention.head_count", 8, "expected 4", "for another model");
    c.key("llama.embedding_length", "wide", "integer");
    c.add(
        "alpha overflows",
        m -> m.put("adapter.lora.alpha", Float.MAX_VALUE),
        "scale 8.0 * alpha 3.4028235E38 / 4");
    c.key("adapter.alora.invocation_tokens", new int[] {1, 2}, "not supported");
    return c.all;
  }

  static List<Case> tensors() {
    Cases c = new Cases();
    GgmlType f32 = GgmlType.F32;
    String q = "blk.0.attn_q.weight";
    String a = q + ".lora_a";
    String b = q + ".lora_b";
    String other = "the adapter is for another";
    c.missing(a, "the file has " + b);
    c.missing(b, "the file has " + a);
    c.missing("output.weight.lora_b");
    c.tensor("blk.0.attn_q.lora_a", f32, new long[] {64, 4}, "missing");
    c.tensor("blk.0.attn_q.weight.lora_c", f32, new long[] {64, 4}, ".lora_a or .lora_b");
    c.tensor("blk.0.attn_q.weight", f32, new long[] {64, 64}, ".lora_a or .lora_b");
    c.tensor("\u001b[2J", f32, new long[] {1}, ".lora_a or .lora_b");
    c.tensor(a, f32, new long[] {65, 4}, "shape [65, 4]", "expected [64, rank]");
    c.tensor(a, f32, new long[] {4, 64}, "shape [4, 64]", "expected [64, rank]");
    c.tensor(a, f32, new long[] {64}, b, "shape [4, 64]", "rank 1");
    c.tensor(a, f32, new long[] {64, 5}, b, "rank 5");
    c.tensor(a, f32, new long[] {64, 4, 2}, "shape [64, 4, 2]", "expected [64, rank]");
    c.tensor(a, f32, new long[] {64, 4, 1, 2}, "shape [64, 4, 1, 2]", "expected [64, rank]");
    c.tensor(b, f32, new long[] {4, 63}, "shape [4, 63]", "expected [rank, 64]");
    c.tensor(b, f32, new long[] {4, 64, 2}, "expected [rank, 64]");
    c.tensor("blk.1.attn_k.weight.lora_b", f32, new long[] {4, 64}, "expected [rank, 32]");
    c.tensor("blk.1.ffn_down.weight.lora_a", f32, new long[] {64, 4}, "expected [96, rank]");
    c.tensor("output.weight.lora_b", f32, new long[] {4, 64}, "expected [rank, 320]");
    c.tensor("token_embd.weight.lora_a", f32, new long[] {64, 4}, "expected [rank, 320]");
    c.tensor("token_embd.weight.lora_a", f32, new long[] {5, 320}, "rank 5");
    c.tensor("token_embd.weight.lora_b", f32, new long[] {4, 320}, "expected [rank, 64]");
    for (GgmlType type :
        List.of(GgmlType.I8, GgmlType.I16, GgmlType.I32, GgmlType.I64, GgmlType.F64)) {
      c.tensor(a, type, new long[] {64, 4}, "type " + type.ggmlName(), "can be multiplied");
      c.tensor(b, type, new long[] {4, 64}, "type " + type.ggmlName(), "can be multiplied");
    }
    c.tensor(a, GgmlType.Q8_1, new long[] {64, 4}, "type q8_1", "can be multiplied");
    c.add("a layer more", m -> pair(m, "blk.2.attn_q.weight", 64, 64), "blk.2.attn_q", other);
    c.add("a fused matrix", m -> pair(m, "blk.0.attn_qkv.weight", 64, 128), "attn_qkv", other);
    c.add("experts", m -> pair(m, "blk.0.ffn_gate_exps.weight", 64, 96), "ffn_gate_exps", other);
    String matrix = "expected a matrix that can be adapted";
    c.add("a norm", m -> pair(m, "output_norm.weight", 64, 1), "output_norm.weight", matrix);
    c.tensor("blk.2.attn_norm.weight", f32, new long[] {64}, other);
    c.tensor("blk.0.attn_norm.weight", f32, new long[] {63}, other);
    c.add("no tensors", MalformedAdapterTest::empty, "no tensor NAME.lora_a");
    c.base = "llama experts";
    String up = "blk.1.ffn_up_exps.weight.lora_a";
    c.tensor(up, f32, new long[] {64, 4, 5}, "expected [64, rank, 6]");
    c.tensor(up, f32, new long[] {64, 4}, "expected [64, rank, 6]");
    c.tensor(up, f32, new long[] {64, 5, 6}, "ffn_up_exps.weight.lora_b", "rank 5");
    c.add("dense", m -> pair(m, "blk.0.ffn_gate.weight", 64, 96), "ffn_gate.weight", other);
    c.base = "llama tied";
    c.add("an output that is none", m -> pair(m, "output.weight", 64, 320), "output.weight", other);
    c.base = "gpt2";
    c.add("positions", m -> pair(m, "position_embd.weight", 64, 128), "position_embd", matrix);
    c.add("separate", m -> pair(m, "blk.0.attn_q.weight", 64, 64), "blk.0.attn_q", other);
    return c.all;
  }

  private static ChangedModel pair(ChangedModel m, String weight, long in, long out) {
    return m.tensor(weight + ".lora_a", GgmlType.F32, in, RANK)
        .tensor(weight + ".lora_b", GgmlType.F32, RANK, out);
  }

  private static ChangedModel empty(ChangedModel m) {
    try (GgufFile file = GgufFile.of(Path.of("good.gguf"), VALID.get("llama"))) {
      for (TensorInfo tensor : file.tensors()) {
        m.drop(tensor.name());
      }
    }
    return m;
  }

  @ParameterizedTest
  @MethodSource({"keys", "tensors"})
  void rejectsFileWithOneLineMessage(Case c) {
    Path file = folder.resolve("bad.gguf");
    c.change.apply(new ChangedModel(VALID.get(c.base))).write(file);
    // a file is checked even if its scale is 0
    for (float scale : new float[] {8, 0}) {
      if (scale == 0 && c.name.equals("alpha overflows")) {
        continue;
      }
      Throwable thrown =
          catchThrowable(
              () -> {
                try (Model model = load(c.base, new Adapter(file, scale))) {
                  assertThat(model).as("loaded").isNull();
                }
              });
      assertThat(thrown).isInstanceOf(ModelFileException.class);
      assertThat(thrown.getMessage())
          .startsWith(file + ": ")
          .contains(c.expectedWords)
          .doesNotContain("\n", "\u001b");
      if (c.expectedWords.toString().contains("not supported")) {
        assertThat(thrown).isInstanceOf(UnsupportedModelException.class);
      }
    }
  }

  private static Model load(String base, Adapter... adapters) {
    return Model.load(model(base), List.of(adapters));
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "llama experts", "llama tied", "gpt2"})
  void loadsUnchangedFile(String base) {
    Path file = folder.resolve("unchanged.gguf");
    new ChangedModel(VALID.get(base)).write(file);
    try (Model model = load(base, Adapter.of(file))) {
      assertThat(model.adapters()).hasSize(1);
    }
  }

  @Test
  void acceptsMatchingModelKeys() {
    Path file = folder.resolve("repeats.gguf");
    new ChangedModel(VALID.get("llama"))
        .put("llama.block_count", 2)
        .put("llama.attention.head_count_kv", 2)
        .put("llama.context_length", 7)
        .tensor("blk.0.attn_q.weight.lora_a", GgmlType.F16, 64, 4, 1, 1)
        .write(file);
    try (Model model = load("llama", Adapter.of(file))) {
      assertThat(model.adapters()).hasSize(1);
    }
  }

  @Test
  void rejectsModelAsAdapterAndAdapterAsModel() {
    Path file = folder.resolve("adapter.gguf");
    new ChangedModel(VALID.get("llama")).write(file);
    Path model = model("llama");
    assertThatThrownBy(() -> load("llama", Adapter.of(model)))
        .isInstanceOf(ModelFileException.class)
        .hasMessage(model + ": key general.type is missing: expected \"adapter\"");
    assertThatThrownBy(() -> Model.load(file))
        .isInstanceOf(UnsupportedModelException.class)
        .hasMessageStartingWith(file + ": general.type = adapter: expected a model");
    Path none = folder.resolve("none.gguf");
    assertThatThrownBy(() -> load("llama", Adapter.of(none)))
        .isInstanceOf(ModelFileException.class)
        .hasMessage(none + ": no such file");
  }

  @Test
  void namesInvalidAdapterAmongSeveral() {
    Path good = folder.resolve("first.gguf");
    Path bad = folder.resolve("second.gguf");
    new ChangedModel(VALID.get("llama")).write(good);
    new ChangedModel(VALID.get("llama")).put("adapter.type", "x").write(bad);
    assertThatThrownBy(() -> load("llama", Adapter.of(good), Adapter.of(bad)))
        .hasMessageStartingWith(bad + ": key adapter.type");
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void rejectsNonFiniteScale(float scale) {
    assertThatThrownBy(() -> new Adapter(Path.of("a.gguf"), scale))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("adapter a.gguf: scale = " + scale + ": expected a finite number");
  }

  /** Random damage either gives a ModelFileException or a model that loads. */
  @Test
  void damagedFilesNeverCrash() throws IOException {
    byte[] good = VALID.get("llama").toArray(ValueLayout.JAVA_BYTE);
    SplittableRandom random = new SplittableRandom(3);
    Path file = folder.resolve("damaged.gguf");
    int refused = 0;
    for (int i = 0; i < 200; i++) {
      byte[] bad = good.clone();
      for (int j = 0; j <= random.nextInt(4); j++) {
        bad[random.nextInt(4096)] = (byte) random.nextInt(256);
      }
      Files.write(file, i % 4 == 0 ? Arrays.copyOf(bad, random.nextInt(bad.length)) : bad);
      try (Model model = load("llama", Adapter.of(file))) {
        assertThat(model.adapters()).hasSize(1);
      } catch (ModelFileException e) {
        refused++;
        assertThat(e.getMessage()).startsWith(file.toString()).doesNotContain("\n");
      }
    }
    assertThat(refused).isGreaterThan(100);
  }
}

package dev.myelin.quantize;

import static dev.myelin.testing.RandomModel.Feature.BIASES;
import static dev.myelin.testing.RandomModel.Feature.EXPERTS;
import static dev.myelin.testing.RandomModel.Feature.ROPE_FREQS;
import static dev.myelin.testing.RandomModel.Feature.TIED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.bindings.NativeLoadException;
import dev.myelin.bindings.peer.LlamaCpp;
import dev.myelin.error.ModelFileException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.imatrix.ImportanceMatrix;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Shape;
import dev.myelin.testing.RandomSample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compares whole files with libllama's quantiser, byte for byte: every architecture, then every
 * type and every mix on {@link SparseModel models of a few rows} with enough layers for every rule.
 */
class OracleQuantizeTest {
  private static final Shape SHAPE = new Shape(2, 256, 8, 2, 32, 256, 272, 64);
  private static final int NVFP4_FILE_TYPE = 39;

  @TempDir static Path folder;

  private static final Map<String, Path> MODELS = new LinkedHashMap<>();
  private static final Map<String, Path> SPARSE_MODELS = new LinkedHashMap<>();

  @BeforeAll
  static void write() {
    Logits.requireOracle();
    RandomModel llama = RandomModel.small("llama").withShape(SHAPE);
    put("dense", llama);
    put("grouped, tied, f16", llama.with(TIED, ROPE_FREQS).withType(GgmlType.F16));
    put("experts, bf16", llama.with(EXPERTS).withType(GgmlType.BF16));
    put("qwen2", RandomModel.small("qwen2").with(BIASES, TIED).withShape(SHAPE));
    put("qwen3", RandomModel.small("qwen3").withShape(SHAPE));
    put("gpt2", RandomModel.small("gpt2").withShape(SHAPE.withHeads(8, 8, 32)));
    put("one layer", llama.withShape(new Shape(1, 256, 4, 1, 64, 256, 264, 64)));
    // row sizes that are not multiples of 256, some multiples of 64, all multiples of 32
    put("odd rows", llama.withShape(new Shape(1, 192, 4, 2, 48, 224, 272, 64)));

    putSparse(new SparseModel("llama", 16, 8, 8, 0, 256));
    putSparse(new SparseModel("llama", 8, 8, 2, 0, 256).withoutOutput());
    putSparse(new SparseModel("llama", 9, 8, 4, 8, 256));
    putSparse(new SparseModel("llama", 8, 8, 8, 4, 256).withoutOutput());
    putSparse(new SparseModel("llama", 80, 16, 8, 0, 256));
    putSparse(new SparseModel("falcon", 17, 8, 1, 0, 256));
    putSparse(new SparseModel("qwen2", 12, 8, 8, 0, 224));
  }

  private static void put(String name, RandomModel model) {
    MODELS.put(name, model.write(folder.resolve(name.replaceAll("\\W+", "-") + ".gguf")));
  }

  private static void putSparse(SparseModel model) {
    Path file = folder.resolve("skeleton-" + SPARSE_MODELS.size() + ".gguf");
    model.write(file);
    SPARSE_MODELS.put(model.toString(), file);
  }

  private static Quantizer quantizer(QuantizeOptions options) {
    return new Quantizer(options.withAllowRequantize(true).withThreads(3));
  }

  static Stream<GgmlType> types() {
    return TargetTypes.all().stream();
  }

  @ParameterizedTest
  @MethodSource("types")
  void pureTypesMatchLlamaCpp(GgmlType type) throws IOException {
    QuantizeOptions options = QuantizeOptions.of(pureMix(type)).withPure(true);
    for (String name : List.of("one layer", "odd rows")) {
      Path model = MODELS.get(name);
      if (name.equals("odd rows") && (type == GgmlType.Q1_0 || type == GgmlType.NVFP4)) {
        // llama.cpp has no fallback type for these and rejects the file too
        assertThatThrownBy(() -> compare(name, model, options, null))
            .isInstanceOf(ModelFileException.class)
            .hasMessageContaining("expected a multiple of " + type.blockSize() + " for ");
        assertThatThrownBy(
                () -> LlamaCpp.quantize(model, folder.resolve("no"), peerOptions(options, null)))
            .isInstanceOf(NativeLoadException.class);
        continue;
      }
      QuantizePlan plan = new Quantizer(options).plan(model);
      if (!plan.needsImportance()) {
        compare(name, model, options, null);
      }
      if (plan.needsImportance() || type.isQuantized() && name.equals("odd rows")) {
        compare(name + ", with importance", model, options, importance(model, 2));
      }
    }
  }

  /** The mix whose base type is this one. */
  private static Mix pureMix(GgmlType type) {
    return Mixes.all().stream()
        .filter(m -> m.base() == type && !m.name().equals("Q2_K_S"))
        .findFirst()
        .orElseThrow();
  }

  static Stream<String> architectures() {
    return Stream.of("dense", "grouped, tied, f16", "experts, bf16", "qwen2", "qwen3", "gpt2");
  }

  @ParameterizedTest
  @MethodSource("architectures")
  void architecturesMatchLlamaCpp(String name) throws IOException {
    Path model = MODELS.get(name);
    for (String mix : List.of("Q4_0", "Q4_K_M", "MXFP4_MOE", "F16", "BF16", "F32")) {
      QuantizeOptions options = QuantizeOptions.of(Mixes.named(mix).orElseThrow());
      compare(name, model, options, null);
    }
  }

  static Stream<RandomSample> samples() {
    return RandomSample.all().stream();
  }

  /** The reference implementation's rules for names: which tensors stay as they are. */
  @ParameterizedTest
  @MethodSource("samples")
  void samplesMatchLlamaCpp(RandomSample sample) throws IOException {
    Path model = sample.write(folder.resolve("sample.gguf"));
    for (String mix : List.of("Q8_0", "Q4_K_M")) {
      QuantizeOptions options = QuantizeOptions.of(Mixes.named(mix).orElseThrow());
      compare(sample.toString(), model, options, null);
    }
  }

  static Stream<Mix> mixes() {
    return Mixes.all().stream().filter(m -> m.fileType() != NVFP4_FILE_TYPE);
  }

  @ParameterizedTest
  @MethodSource("mixes")
  void mixesMatchLlamaCpp(Mix mix) throws IOException {
    for (Map.Entry<String, Path> model : SPARSE_MODELS.entrySet()) {
      QuantizeOptions options = QuantizeOptions.of(mix);
      if (mix.base() == GgmlType.Q1_0 && model.getKey().contains("224")) {
        continue; // rejected by both
      }
      if (!new Quantizer(options).plan(model.getValue()).needsImportance()) {
        compare(model.getKey(), model.getValue(), options, null);
      }
      compare(model.getKey(), model.getValue(), options, importance(model.getValue(), 7));
    }
  }

  @Test
  void optionsMatchLlamaCpp() throws IOException {
    Mix q4km = Mixes.named("Q4_K_M").orElseThrow();
    QuantizeOptions plain = QuantizeOptions.of(q4km);
    for (Path model : SPARSE_MODELS.values()) {
      compare("leave", model, plain.withLeaveOutput(true), null);
      compare("ends", model, plain.withOutputAndEmbeddingTypes(GgmlType.Q8_0, GgmlType.Q5_1), null);
      compare("output", model, plain.withOutputAndEmbeddingTypes(GgmlType.F16, null), null);
      compare(
          "embedding",
          model,
          plain.withOutputAndEmbeddingTypes(null, GgmlType.F32).withPure(true),
          null);
      List<TypeOverride> overrides =
          Stream.of(
                  "attn_v=q8_0",
                  "blk\\.[0-2]\\.ffn_(up|down)=iq4_nl",
                  "ffn_down=q6_k",
                  "^output\\.weight$=q5_0",
                  "attn_norm=q4_0")
              .map(TypeOverride::of)
              .toList();
      compare("overrides", model, plain.withOverrides(overrides), null);
      compare(
          "overrides, pure",
          model,
          plain.withPure(true).withOverrides(overrides),
          importance(model, 3));
      compare(
          "overrides, f16",
          model,
          QuantizeOptions.of(Mixes.named("F16").orElseThrow()).withOverrides(overrides),
          null);
    }
  }

  @Test
  void requantizingMatchesLlamaCpp() throws IOException {
    Path q8 = folder.resolve("q8.gguf");
    new Quantizer(QuantizeOptions.of(Mixes.named("Q6_K").orElseThrow()))
        .run(MODELS.get("experts, bf16"), q8, QuantizeListener.NONE);
    for (String name : List.of("Q4_0", "Q6_K", "Q5_K_M", "F16", "F32", "BF16")) {
      compare(name, q8, QuantizeOptions.of(Mixes.named(name).orElseThrow()), null);
    }
  }

  @Test
  void mergesSplitFiles() throws IOException {
    Path whole = MODELS.get("dense");
    Path first;
    try (GgufFile file = GgufFile.open(whole)) {
      GgufWriter writer = new GgufWriter().putAll(file.metadata());
      for (TensorInfo t : file.tensors()) {
        writer.tensor(
            t.name(),
            t.type(),
            t.shape().stream().mapToLong(Long::longValue).toArray(),
            file.data(t));
      }
      first = writer.writeSplit(folder.resolve("split"), 3).getFirst();
    }
    compare("split", first, QuantizeOptions.of(Mixes.named("Q4_K_S").orElseThrow()), null);
    Path copied = folder.resolve("copied.gguf");
    new Quantizer(QuantizeOptions.of(Mixes.named("F32").orElseThrow()).withCopy(true))
        .run(folder.resolve("split-00002-of-00003.gguf"), copied, QuantizeListener.NONE);
    try (GgufFile a = GgufFile.open(whole);
        GgufFile b = GgufFile.open(copied)) {
      for (TensorInfo t : a.tensors()) {
        assertThat(b.data(b.tensor(t.name()).orElseThrow()).mismatch(a.data(t))).isEqualTo(-1);
      }
    }
  }

  private static void compare(
      String what, Path model, QuantizeOptions options, ImportanceMatrix importance)
      throws IOException {
    Path ours = folder.resolve("ours.gguf");
    Path theirs = folder.resolve("theirs.gguf");
    quantizer(options.withImportance(importance, null)).run(model, ours, QuantizeListener.NONE);
    LlamaCpp.quantize(model, theirs, peerOptions(options, importance));
    if (importance == null && options.mix().fileType() != NVFP4_FILE_TYPE) {
      assertThat(Files.mismatch(ours, theirs))
          .as("%s, %s", what, options.mix().name())
          .isEqualTo(-1);
    } else {
      assertSameTensors(what + ", " + options.mix().name(), ours, theirs);
    }
  }

  /** Ignores the metadata, which an importance matrix adds to. */
  private static void assertSameTensors(String what, Path ours, Path theirs) {
    try (GgufFile a = GgufFile.open(ours);
        GgufFile b = GgufFile.open(theirs)) {
      assertThat(a.tensors())
          .extracting(TensorInfo::name)
          .isEqualTo(b.tensors().stream().map(TensorInfo::name).toList());
      for (TensorInfo t : a.tensors()) {
        TensorInfo other = b.tensor(t.name()).orElseThrow();
        assertThat(t.type()).as("%s, %s", what, t.name()).isEqualTo(other.type());
        assertThat(a.data(t).mismatch(b.data(other))).as("%s, %s", what, t.name()).isEqualTo(-1);
      }
    }
  }

  private static dev.myelin.bindings.peer.QuantizeOptions peerOptions(
      QuantizeOptions o, ImportanceMatrix importance) {
    Map<String, Integer> overrides = new LinkedHashMap<>();
    int fileType = o.mix().fileType();
    if (fileType == NVFP4_FILE_TYPE) { // llama.cpp supports the type, but has no such file type
      fileType = 7;
      overrides.put(".", GgmlType.NVFP4.id());
    }
    o.overrides().forEach(t -> overrides.put(t.pattern().text(), t.type().id()));
    var peer =
        dev.myelin.bindings.peer.QuantizeOptions.of(fileType, 2)
            .withOutputAndEmbeddingTypes(
                o.outputType() == null ? -1 : o.outputType().id(),
                o.embeddingType() == null ? -1 : o.embeddingType().id())
            .withOverrides(overrides);
    peer = o.pure() ? peer.withPure() : peer;
    peer = o.leaveOutput() ? peer.withLeaveOutput() : peer;
    if (importance != null) {
      Map<String, float[]> means = new TreeMap<>();
      importance
          .entries()
          .keySet()
          .forEach(n -> means.put(n, importance.importance(n).orElseThrow()));
      peer = peer.withImportance(means);
    }
    return peer;
  }

  /** Random importances for every matrix; one expert in eight has no counts. */
  private static ImportanceMatrix importance(Path model, long seed) {
    TreeMap<String, ImportanceMatrix.Entry> entries = new TreeMap<>();
    try (GgufFile file = GgufFile.open(model)) {
      for (TensorInfo t : file.tensors()) {
        if (t.rank() < 2) {
          continue;
        }
        SplittableRandom random = new SplittableRandom(seed ^ t.name().hashCode());
        float[] sums = new float[(int) (t.dim(0) * t.dim(2))];
        for (int i = 0; i < sums.length; i++) {
          sums[i] = (float) Math.exp(random.nextGaussian());
        }
        long[] counts = new long[(int) t.dim(2)];
        for (int i = 0; i < counts.length; i++) {
          counts[i] = random.nextInt(8) * 13L;
        }
        entries.put(t.name(), new ImportanceMatrix.Entry(sums, counts));
      }
    }
    return new ImportanceMatrix(entries, new ArrayList<>(List.of("text")), 5, 512);
  }
}

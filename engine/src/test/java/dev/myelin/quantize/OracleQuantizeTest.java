package dev.myelin.quantize;

import static dev.myelin.testing.RandomModel.Feature.BIASES;
import static dev.myelin.testing.RandomModel.Feature.EXPERTS;
import static dev.myelin.testing.RandomModel.Feature.ROPE_FREQS;
import static dev.myelin.testing.RandomModel.Feature.TIED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.bindings.peer.LlamaCpp;
import dev.myelin.error.ModelFileException;
import dev.myelin.error.NativeLibraryException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.imatrix.ImportanceMatrix;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Shape;
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
 * Whole files against libllama's quantiser, byte for byte: every architecture, then every type and
 * every mix on {@link Skeleton models of a few rows}, where all rules find a layer.
 */
class OracleQuantizeTest {
  private static final Shape SHAPE = new Shape(2, 256, 8, 2, 32, 256, 272, 64);
  private static final int NVFP4_FILE = 39;

  @TempDir static Path folder;

  private static final Map<String, Path> MODELS = new LinkedHashMap<>();
  private static final Map<String, Path> SKELETONS = new LinkedHashMap<>();

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
    // rows that blocks of 256 do not divide, of 64 some, of 32 all
    put("odd rows", llama.withShape(new Shape(1, 192, 4, 2, 48, 224, 272, 64)));

    skeleton(new Skeleton("llama", 16, 8, 8, 0, 256));
    skeleton(new Skeleton("llama", 8, 8, 2, 0, 256).withoutOutput());
    skeleton(new Skeleton("llama", 9, 8, 4, 8, 256));
    skeleton(new Skeleton("llama", 8, 8, 8, 4, 256).withoutOutput());
    skeleton(new Skeleton("llama", 80, 16, 8, 0, 256));
    skeleton(new Skeleton("falcon", 17, 8, 1, 0, 256));
    skeleton(new Skeleton("qwen2", 12, 8, 8, 0, 224));
  }

  private static void put(String name, RandomModel model) {
    MODELS.put(name, model.write(folder.resolve(name.replaceAll("\\W+", "-") + ".gguf")));
  }

  private static void skeleton(Skeleton skeleton) {
    Path file = folder.resolve("skeleton-" + SKELETONS.size() + ".gguf");
    skeleton.write(file);
    SKELETONS.put(skeleton.toString(), file);
  }

  private static Quantizer quantizer(QuantizeOptions options) {
    return new Quantizer(options.withAllowRequantize(true).withThreads(3));
  }

  static Stream<GgmlType> types() {
    return Targets.all().stream();
  }

  @ParameterizedTest
  @MethodSource("types")
  void pureTypesAreTheSameFile(GgmlType type) throws IOException {
    QuantizeOptions options = QuantizeOptions.of(pureMix(type)).withPure(true);
    for (String name : List.of("one layer", "odd rows")) {
      Path model = MODELS.get(name);
      if (name.equals("odd rows") && (type == GgmlType.Q1_0 || type == GgmlType.NVFP4)) {
        // llama.cpp has no type of smaller blocks for these, and refuses the file too
        assertThatThrownBy(() -> compare(name, model, options, null))
            .isInstanceOf(ModelFileException.class)
            .hasMessageContaining("expected a multiple of " + type.blockSize() + " for ");
        assertThatThrownBy(
                () -> LlamaCpp.quantize(model, folder.resolve("no"), peer(options, null)))
            .isInstanceOf(NativeLibraryException.class);
        continue;
      }
      QuantizePlan plan = new Quantizer(options).plan(model);
      if (!plan.needsImportance()) {
        compare(name, model, options, null);
      }
      if (plan.needsImportance() || type.isQuantized() && name.equals("odd rows")) {
        compare(name + ", weighted", model, options, importance(model, 2));
      }
    }
  }

  /** The mix of which the pure version has this type. */
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
  void everyArchitectureIsTheSameFile(String name) throws IOException {
    Path model = MODELS.get(name);
    for (String mix : List.of("Q4_0", "Q4_K_M", "MXFP4_MOE", "F16", "BF16", "F32")) {
      QuantizeOptions options = QuantizeOptions.of(Mixes.named(mix).orElseThrow());
      compare(name, model, options, null);
    }
  }

  static Stream<Mix> mixes() {
    return Mixes.all().stream().filter(m -> m.fileType() != NVFP4_FILE);
  }

  @ParameterizedTest
  @MethodSource("mixes")
  void mixesGiveEveryTensorTheSameTypeAndBytes(Mix mix) throws IOException {
    for (Map.Entry<String, Path> model : SKELETONS.entrySet()) {
      QuantizeOptions options = QuantizeOptions.of(mix);
      if (mix.base() == GgmlType.Q1_0 && model.getKey().contains("224")) {
        continue; // refused by both
      }
      if (!new Quantizer(options).plan(model.getValue()).needsImportance()) {
        compare(model.getKey(), model.getValue(), options, null);
      }
      compare(model.getKey(), model.getValue(), options, importance(model.getValue(), 7));
    }
  }

  @Test
  void optionsAreUnderstoodAlike() throws IOException {
    Mix q4km = Mixes.named("Q4_K_M").orElseThrow();
    QuantizeOptions plain = QuantizeOptions.of(q4km);
    for (Path model : SKELETONS.values()) {
      compare("leave", model, plain.withLeaveOutput(true), null);
      compare("ends", model, plain.withEnds(GgmlType.Q8_0, GgmlType.Q5_1), null);
      compare("output", model, plain.withEnds(GgmlType.F16, null), null);
      compare("embedding", model, plain.withEnds(null, GgmlType.F32).withPure(true), null);
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
  void quantisedFilesAreRequantisedAlike() throws IOException {
    Path q8 = folder.resolve("q8.gguf");
    new Quantizer(QuantizeOptions.of(Mixes.named("Q6_K").orElseThrow()))
        .run(MODELS.get("experts, bf16"), q8, QuantizeListener.NONE);
    for (String name : List.of("Q4_0", "Q6_K", "Q5_K_M", "F16", "F32", "BF16")) {
      compare(name, q8, QuantizeOptions.of(Mixes.named(name).orElseThrow()), null);
    }
  }

  @Test
  void splitFilesBecomeOne() throws IOException {
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
    LlamaCpp.quantize(model, theirs, peer(options, importance));
    if (importance == null && options.mix().fileType() != NVFP4_FILE) {
      assertThat(Files.mismatch(ours, theirs))
          .as("%s, %s", what, options.mix().name())
          .isEqualTo(-1);
    } else {
      sameTensors(what + ", " + options.mix().name(), ours, theirs);
    }
  }

  /** What an importance matrix adds to the metadata is tested elsewhere. */
  private static void sameTensors(String what, Path ours, Path theirs) {
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

  private static dev.myelin.bindings.peer.QuantizeOptions peer(
      QuantizeOptions o, ImportanceMatrix importance) {
    Map<String, Integer> overrides = new LinkedHashMap<>();
    int fileType = o.mix().fileType();
    if (fileType == NVFP4_FILE) { // llama.cpp writes the type, but knows no file of it
      fileType = 7;
      overrides.put(".", GgmlType.NVFP4.id());
    }
    o.overrides().forEach(t -> overrides.put(t.pattern().text(), t.type().id()));
    var peer =
        dev.myelin.bindings.peer.QuantizeOptions.of(fileType, 2)
            .withEnds(
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

  /** Random importances for every matrix; an expert in eight is unseen. */
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

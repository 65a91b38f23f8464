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
import dev.myelin.gguf.TensorInfo;
import dev.myelin.imatrix.ImportanceMatrix;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Compares whole files with libllama's quantiser, byte for byte: small models, and {@link
 * SparseModel models of a few rows} with enough layers for every rule.
 */
final class QuantizeComparison {
  private static final Shape SHAPE = new Shape(2, 256, 8, 2, 32, 256, 272, 64);
  static final int NVFP4_FILE_TYPE = 39;

  private final Path folder;
  private final Map<String, Path> models = new LinkedHashMap<>();
  private final Map<String, Path> sparseModels = new LinkedHashMap<>();

  /** Writes its models to this folder. */
  QuantizeComparison(Path folder) {
    Logits.requireOracle();
    this.folder = folder;
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

  private void put(String name, RandomModel model) {
    models.put(name, model.write(folder.resolve(name.replaceAll("\\W+", "-") + ".gguf")));
  }

  private void putSparse(SparseModel model) {
    Path file = folder.resolve("skeleton-" + sparseModels.size() + ".gguf");
    model.write(file);
    sparseModels.put(model.toString(), file);
  }

  private static Quantizer quantizer(QuantizeOptions options) {
    return new Quantizer(options.withAllowRequantize(true).withThreads(3));
  }

  /** The file of a small model. */
  Path model(String name) {
    return models.get(name);
  }

  Collection<Path> sparseModels() {
    return sparseModels.values();
  }

  /** All matrices in one type. */
  void comparePure(GgmlType type) throws IOException {
    QuantizeOptions options = QuantizeOptions.of(pureMix(type)).withPure(true);
    for (String name : List.of("one layer", "odd rows")) {
      Path model = models.get(name);
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

  /** The sparse models, with and without importances. */
  void compareMix(Mix mix) throws IOException {
    for (Map.Entry<String, Path> model : sparseModels.entrySet()) {
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

  /** One file; {@code what} describes it in the message of a failure. */
  void compare(String what, Path model, QuantizeOptions options, ImportanceMatrix importance)
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
  static ImportanceMatrix importance(Path model, long seed) {
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

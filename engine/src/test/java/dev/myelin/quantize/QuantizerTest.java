package dev.myelin.quantize;

import static dev.myelin.testing.RandomModel.Feature.EXPERTS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.CancelledException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.error.MyelinException;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.imatrix.ImportanceCollector;
import dev.myelin.imatrix.ImportanceMatrix;
import dev.myelin.imatrix.ImportanceMatrixFiles;
import dev.myelin.imatrix.ImportanceOptions;
import dev.myelin.imatrix.ImportanceRun;
import dev.myelin.model.Model;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Shape;
import dev.myelin.testing.RandomWeights;
import dev.myelin.testing.SharedData;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Errors, leftover files, and the metadata written. */
class QuantizerTest {
  private static final Shape SHAPE = new Shape(2, 256, 8, 2, 32, 256, 272, 64);

  @TempDir static Path shared;
  static Path model;
  @TempDir Path folder;

  @BeforeAll
  static void write() {
    model = RandomModel.small("llama").withShape(SHAPE).write(shared.resolve("model.gguf"));
  }

  private static QuantizeOptions options(String mix) {
    return QuantizeOptions.of(Mixes.named(mix).orElseThrow()).withThreads(2);
  }

  private static QuantizePlan run(QuantizeOptions options, Path in, Path out) {
    return new Quantizer(options).run(in, out, QuantizeListener.NONE);
  }

  @Test
  void writesThePlannedTypes() throws IOException {
    Path out = folder.resolve("out.gguf");
    Files.writeString(out, "an older file");
    List<String> begun = new ArrayList<>();
    List<Long> progress = new ArrayList<>();
    QuantizePlan plan =
        new Quantizer(options("Q4_K_M"))
            .run(
                model,
                out,
                new QuantizeListener() {
                  @Override
                  public void tensor(PlannedTensor tensor, int index) {
                    assertThat(index).isEqualTo(begun.size());
                    begun.add(tensor.source().name());
                  }

                  @Override
                  public void progress(long done, long total) {
                    progress.add(done);
                    assertThat(done).isLessThanOrEqualTo(total);
                  }
                });
    assertThat(new Quantizer(options("Q4_K_M")).plan(model)).isEqualTo(plan);
    assertThat(progress).isSorted();
    assertThat(progress.getLast()).isEqualTo(plan.parameters());
    try (GgufFile file = GgufFile.open(out)) {
      assertThat(file.tensors()).extracting(TensorInfo::name).isEqualTo(begun);
      assertThat(file.tensors())
          .extracting(TensorInfo::type)
          .isEqualTo(plan.tensors().stream().map(PlannedTensor::type).toList());
      assertThat(file.tensors().stream().mapToLong(TensorInfo::bytes).sum())
          .isEqualTo(plan.bytesAfter());
      assertThat(file.metadata().u32("general.file_type")).isEqualTo(15);
      assertThat(file.metadata().u32("general.quantization_version")).isEqualTo(2);
      assertThat(file.metadata().has("quantize.imatrix.file")).isFalse();
    }
    assertOnlyFiles(out);
  }

  private void assertOnlyFiles(Path... expected) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactlyInAnyOrder(expected);
    }
  }

  private void assertRejected(
      Class<? extends MyelinException> kind, QuantizeOptions options, Path in, String message)
      throws IOException {
    Path out = folder.resolve("refused.gguf");
    Files.writeString(out, "an older file");
    assertThatThrownBy(() -> run(options, in, out))
        .isInstanceOf(kind)
        .hasMessageContaining(message)
        .hasMessageNotContaining("\n");
    assertThat(out).hasContent("an older file");
    Files.delete(out);
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).noneMatch(f -> f.toString().endsWith(".part"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"IQ2_XXS", "IQ2_XS", "IQ1_S", "IQ1_M", "IQ2_S", "IQ3_XXS", "Q2_K_S"})
  void lowBitMixesRequireImportanceMatrix(String mix) throws IOException {
    assertRejected(
        InvalidRequestException.class, options(mix), model, " needs an importance matrix");
    assertThat(new Quantizer(options(mix)).plan(model).needsImportance()).isTrue();
  }

  @Test
  void rejectsIq2WithoutImportanceForAnyTensor() throws IOException {
    assertRejected(
        InvalidRequestException.class,
        options("Q4_0").withOutputAndEmbeddingTypes(GgmlType.IQ2_XS, null),
        model,
        "tensor output.weight: iq2_xs needs an importance matrix");
    assertRejected(
        InvalidRequestException.class,
        options("IQ2_XXS")
            .withPure(true)
            .withImportance(importance(model, 1).filter(n -> n.startsWith("blk.")), "i"),
        model,
        "tensor output.weight: iq2_xxs needs an entry in the importance matrix, but it has none");
  }

  @Test
  void rejectsImportanceMatrixOfAnotherModel() throws IOException {
    ImportanceMatrix good = importance(model, 1);
    assertRejected(
        InvalidRequestException.class,
        options("Q4_K").withImportance(good.filter(n -> false), "other.gguf"),
        model,
        "other.gguf: no entry for any tensor of "
            + model
            + "; the importance matrix may be of another model");
    assertRejected(
        InvalidRequestException.class,
        options("Q4_K").withImportance(importance(model, 3), "other.gguf"),
        model,
        "other.gguf: entry output.weight has 768 columns: expected 256");
    TreeMap<String, ImportanceMatrix.Entry> bad = new TreeMap<>(good.entries());
    bad.put("blk.1.attn_q.weight", new ImportanceMatrix.Entry(nans(256), new long[] {1}));
    assertRejected(
        InvalidRequestException.class,
        options("Q4_K").withImportance(new ImportanceMatrix(bad, List.of(), 1, 512), "bad.gguf"),
        model,
        "bad.gguf: entry blk.1.attn_q.weight, column 0: NaN");
  }

  private static float[] nans(int count) {
    float[] nans = new float[count];
    java.util.Arrays.fill(nans, Float.NaN);
    return nans;
  }

  /** Importances of 1; {@code times} entries per column. */
  private static ImportanceMatrix importance(Path model, int times) {
    TreeMap<String, ImportanceMatrix.Entry> entries = new TreeMap<>();
    try (GgufFile file = GgufFile.open(model)) {
      for (TensorInfo t : file.tensors()) {
        if (t.rank() == 2 && !t.name().startsWith("token_embd")) {
          float[] ones = new float[(int) t.dim(0) * times];
          java.util.Arrays.fill(ones, 1);
          entries.put(t.name(), new ImportanceMatrix.Entry(ones, new long[] {1}));
        }
      }
    }
    return new ImportanceMatrix(entries, List.of("text.txt"), 3, 512);
  }

  @Test
  void rejectsNonFiniteValues() throws IOException {
    for (GgmlType type : List.of(GgmlType.F32, GgmlType.F16, GgmlType.BF16)) {
      for (float bad : new float[] {Float.NaN, Float.NEGATIVE_INFINITY}) {
        Path in = changed("blk.0.ffn_up.weight", type, 3 * 256 + 5, bad);
        for (String mix : List.of("Q4_0", type.name())) {
          assertRejected(
              ModelFileException.class,
              options(mix),
              in,
              "tensor blk.0.ffn_up.weight, row 3, column 5: " + bad + ": expected a finite number");
        }
      }
    }
    Path vector = changed("output_norm.weight", GgmlType.F32, 7, Float.NaN);
    assertRejected(
        ModelFileException.class, options("Q8_0"), vector, "output_norm.weight, row 0, column 7");
  }

  @Test
  void rejectsValuesOutOfRange() throws IOException {
    Path large = changed("blk.0.ffn_up.weight", GgmlType.F32, 0, 1e9f);
    for (String mix : List.of("Q4_0", "Q4_K", "Q8_0", "F16", "IQ4_XS", "IQ3_S", "TQ2_0")) {
      assertRejected(
          ModelFileException.class,
          options(mix),
          large,
          "tensor blk.0.ffn_up.weight has values up to 1.0E9: too large for ");
    }
    run(options("BF16"), large, folder.resolve("bf16.gguf"));
    run(options("MXFP4_MOE").withPure(true), large, folder.resolve("mxfp4.gguf"));
  }

  /** The model with one value of one tensor changed. */
  private Path changed(String tensor, GgmlType type, int at, float value) {
    Path out = folder.resolve("changed.gguf");
    try (GgufFile file = GgufFile.open(model)) {
      GgufWriter writer = new GgufWriter().putAll(file.metadata());
      for (TensorInfo t : file.tensors()) {
        MemorySegment data = file.data(t);
        GgmlType written = t.type();
        if (t.name().equals(tensor)) {
          float[] values = data.toArray(java.lang.foreign.ValueLayout.JAVA_FLOAT);
          values[at] = value;
          data = RandomWeights.quantize(type, values, t.dim(0));
          written = type;
        }
        long[] shape = t.shape().stream().mapToLong(Long::longValue).toArray();
        writer.tensor(t.name(), written, shape, data);
      }
      writer.write(out);
    }
    return out;
  }

  @Test
  void requantizesOnlyWhenAllowed() throws IOException {
    Path q8 = folder.resolve("q8.gguf");
    run(options("Q8_0"), model, q8);
    assertRejected(
        ModelFileException.class,
        options("Q4_0"),
        q8,
        "is quantised already, q8_0: expected f32, f16 or bf16");
    Path again = folder.resolve("again.gguf");
    run(options("Q8_0"), q8, again);
    assertThat(Files.mismatch(q8, again)).isEqualTo(-1);
    run(options("Q4_0").withAllowRequantize(true), q8, again);
    assertThat(Files.size(again)).isLessThan(Files.size(q8));
  }

  @Test
  void rejectsRowsThatBlocksDoNotDivide() throws IOException {
    Path odd =
        RandomModel.small("llama")
            .withShape(new Shape(1, 72, 2, 1, 36, 72, 272, 64))
            .write(folder.resolve("odd.gguf"));
    assertRejected(
        ModelFileException.class,
        options("F16").withOutputAndEmbeddingTypes(GgmlType.Q4_K, null),
        odd,
        "tensor output.weight has rows of 72: expected a multiple of 256 for q4_K");
    QuantizePlan plan = run(options("Q4_K_M"), odd, folder.resolve("out.gguf"));
    assertThat(plan.fallbacks()).isEqualTo(9);
    assertThat(plan.tensors())
        .extracting(PlannedTensor::type)
        .containsOnly(GgmlType.F16, GgmlType.F32);
  }

  @Test
  void reportsUnreadableAndUnwritableFiles() throws IOException {
    assertRejected(
        ModelFileException.class,
        options("Q4_0"),
        folder.resolve("none.gguf"),
        "none.gguf: no such file");
    Path text = Files.writeString(folder.resolve("text.gguf"), "no model");
    assertRejected(ModelFileException.class, options("Q4_0"), text, "expected \"GGUF\"");
    Path vocabulary = folder.resolve("vocabulary.gguf");
    new GgufWriter().put("general.architecture", "llama").write(vocabulary);
    assertRejected(
        ModelFileException.class, options("Q4_0"), vocabulary, "no tensors: expected a model");
    Path integers = folder.resolve("integers.gguf");
    new GgufWriter()
        .put("general.architecture", "llama")
        .tensor("a.weight", GgmlType.I32, new long[] {32, 2}, MemorySegment.ofArray(new byte[256]))
        .write(integers);
    assertRejected(
        ModelFileException.class, options("Q4_0"), integers, "tensor a.weight has type i32");

    assertThatThrownBy(() -> run(options("Q4_0"), model, model))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("is part of the checkpoint to convert");
    Path link = Files.createSymbolicLink(folder.resolve("link.gguf"), model);
    assertThatThrownBy(() -> run(options("Q4_0"), model, link))
        .hasMessageContaining("is part of the checkpoint to convert");
    Files.delete(link);
    assertThatThrownBy(() -> run(options("Q4_0"), model, folder.resolve("no/out.gguf")))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("cannot be written");
    assertThatThrownBy(() -> run(options("Q4_0"), model, folder))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("this is a folder");
  }

  @Test
  void rejectsInputPartAsOutput() {
    Path first;
    try (GgufFile file = GgufFile.open(model)) {
      GgufWriter writer = new GgufWriter().putAll(file.metadata());
      for (TensorInfo t : file.tensors()) {
        long[] shape = t.shape().stream().mapToLong(Long::longValue).toArray();
        writer.tensor(t.name(), t.type(), shape, file.data(t));
      }
      first = writer.writeSplit(folder.resolve("m"), 2).getFirst();
    }
    Path second = folder.resolve("m-00002-of-00002.gguf");
    assertThatThrownBy(() -> run(options("Q4_0"), first, second))
        .hasMessageContaining("m-00002-of-00002.gguf: is part of the checkpoint to convert");
  }

  @Test
  void cancelLeavesNoFile() throws Exception {
    Path out = folder.resolve("out.gguf");
    Quantizer quantizer = new Quantizer(options("Q4_K_M"));
    CountDownLatch begun = new CountDownLatch(1);
    QuantizeListener listener =
        new QuantizeListener() {
          @Override
          public void tensor(PlannedTensor tensor, int index) {
            if (index == 3) {
              begun.countDown();
            }
          }
        };
    Thread other =
        new Thread(
            () -> {
              try {
                begun.await();
                quantizer.cancel();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    other.start();
    Path large =
        RandomModel.small("llama").withShape(SHAPE.withLayers(40)).write(folder.resolve("in.gguf"));
    assertThatThrownBy(() -> quantizer.run(large, out, listener))
        .isInstanceOf(CancelledException.class);
    other.join();
    assertOnlyFiles(large);
    assertThatThrownBy(() -> quantizer.run(model, out, QuantizeListener.NONE))
        .isInstanceOf(CancelledException.class);
    assertOnlyFiles(large);
  }

  @Test
  void resultDoesNotDependOnThreadCount() throws IOException {
    Path experts =
        RandomModel.small("llama").with(EXPERTS).withShape(SHAPE).write(folder.resolve("in.gguf"));
    Path one = folder.resolve("1.gguf");
    Path many = folder.resolve("5.gguf");
    for (String mix : List.of("Q5_K_M", "IQ4_NL")) {
      run(options(mix).withThreads(1), experts, one);
      run(options(mix).withThreads(5), experts, many);
      assertThat(Files.mismatch(one, many)).isEqualTo(-1);
    }
  }

  @Test
  void usesAndRecordsTheImportanceMatrix() throws IOException {
    Path file = SharedData.path("models/stories260K-f32.gguf");
    ImportanceCollector collector = new ImportanceCollector(false, 64);
    collector.addDataset("story.txt");
    try (Model loaded = Model.load(file)) {
      ImportanceOptions how =
          new ImportanceOptions(
              64, -1, 0, false, true, false, SessionOptions.defaults().withThreads(1));
      double[] perplexity = {0};
      int done =
          new ImportanceRun(loaded, how, collector)
              .run(
                  "Once upon a time, there was a little girl named Lily. She loved to play outside in the park. "
                      .repeat(8),
                  (i, of, sofar) -> perplexity[0] = sofar);
      assertThat(done).isGreaterThan(2);
      assertThat(perplexity[0]).isBetween(1.0, 20.0);
    }
    Path matrix = folder.resolve("imatrix.gguf");
    ImportanceMatrixFiles.write(collector.matrix(), matrix, ImportanceMatrixFiles.Format.GGUF);
    ImportanceMatrix read = ImportanceMatrixFiles.read(matrix);
    Path plain = folder.resolve("plain.gguf");
    Path weighted = folder.resolve("weighted.gguf");
    run(options("Q4_0"), file, plain);
    QuantizePlan plan = run(options("Q4_0").withImportance(read, "imatrix.gguf"), file, weighted);
    assertThat(plan.tensors().stream().filter(PlannedTensor::hasImportance).count()).isEqualTo(35);
    try (GgufFile a = GgufFile.open(plain);
        GgufFile b = GgufFile.open(weighted)) {
      TensorInfo t = a.tensor("blk.3.ffn_up.weight").orElseThrow();
      assertThat(a.data(t).mismatch(b.data(b.tensor(t.name()).orElseThrow()))).isNotNegative();
      assertThat(b.metadata().keys().stream().skip(a.metadata().keys().size()))
          .containsExactly(
              "quantize.imatrix.file",
              "quantize.imatrix.dataset",
              "quantize.imatrix.entries_count",
              "quantize.imatrix.chunks_count");
      assertThat(b.metadata().string("quantize.imatrix.file")).isEqualTo("imatrix.gguf");
      assertThat(b.metadata().string("quantize.imatrix.dataset")).isEqualTo("story.txt");
      assertThat(b.metadata().u32("quantize.imatrix.entries_count")).isEqualTo(35);
      assertThat(b.metadata().u32("quantize.imatrix.chunks_count")).isEqualTo(read.chunks());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"attn_v", "=q8_0", "attn_v=", "attn_v=q9", "[=q8_0", "attn_v=i32", "a=q8_K"})
  void rejectsMalformedOverrides(String text) {
    assertThatThrownBy(() -> TypeOverride.of(text))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("type '");
  }

  @Test
  void reportsOverrideThatTakesTooLong() {
    TypeOverride override = TypeOverride.of("(.*.*.*)*x$=q8_0");
    String name = "blk.0." + "attn_".repeat(10) + "weight";
    assertThatThrownBy(() -> override.matches(name))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageStartingWith("tensor type '(.*.*.*)*x$=q8_0': takes too long on " + name);
  }

  @Test
  void findsMixesByNameAliasAndNumber() {
    assertThat(Mixes.named("q4_k_m")).isEqualTo(Mixes.named("Q4_K")).isEqualTo(Mixes.named("15"));
    assertThat(Mixes.named("Q4_K_X")).isEmpty();
    assertThat(Mixes.all()).extracting(Mix::name).doesNotHaveDuplicates();
    assertThat(Mixes.all()).extracting(Mix::fileType).doesNotHaveDuplicates();
  }

  @Test
  void keepsAlignment() {
    Path in = folder.resolve("in.gguf");
    try (GgufFile file = GgufFile.open(model)) {
      GgufWriter writer = new GgufWriter().putAll(file.metadata()).alignment(256);
      for (TensorInfo t : file.tensors()) {
        long[] shape = t.shape().stream().mapToLong(Long::longValue).toArray();
        writer.tensor(t.name(), t.type(), shape, file.data(t));
      }
      writer.write(in);
    }
    Path out = folder.resolve("out.gguf");
    run(options("Q4_0"), in, out);
    try (GgufFile file = GgufFile.open(out)) {
      assertThat(file.metadata().u32("general.alignment")).isEqualTo(256);
      assertThat(file.tensors()).allMatch(t -> t.offset() % 256 == 0);
    }
  }
}

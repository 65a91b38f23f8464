package dev.myelin.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Devices;
import dev.myelin.inspect.Inspection;
import dev.myelin.plan.MachineMemory.Fit;
import dev.myelin.quantize.Mix;
import dev.myelin.quantize.Mixes;
import dev.myelin.quantize.QuantizeListener;
import dev.myelin.quantize.QuantizeOptions;
import dev.myelin.quantize.Quantizer;
import dev.myelin.state.CacheType;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Feature;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlanTest {
  private static final long KB = 1000;

  @TempDir Path folder;

  private static Plan plan(String name, long context, CacheType cache) {
    PlannedModel model = PlannedModel.of(KnownModels.find(name).orElseThrow());
    return Plan.of(model, context, cache, Plan.mixes(model));
  }

  private static Mix mix(String name) {
    return Mixes.named(name).orElseThrow();
  }

  private static Plan.Row row(Plan plan, Mix mix) {
    return plan.rows().stream().filter(r -> r.label().equals(mix.name())).findFirst().orElseThrow();
  }

  @Test
  void bytesOfSimpleTypes() {
    Plan plan = plan("llama-3.2-1b", 0, CacheType.F16);
    long norms = 33 * 2048;
    long matrices = 1_235_814_400 - norms;
    assertThat(row(plan, mix("F32")).weightBytes()).isEqualTo(4 * (matrices + norms));
    assertThat(row(plan, mix("F16")).weightBytes()).isEqualTo(2 * matrices + 4 * norms);
    assertThat(row(plan, mix("Q8_0")).weightBytes()).isEqualTo(matrices / 32 * 34 + 4 * norms);
    long embedding = 2048 * 128_256; // tied to the output, which is q6_K
    long q4 = (matrices - embedding) / 32 * 18 + embedding / 256 * 210 + 4 * norms;
    assertThat(row(plan, mix("Q4_0")).weightBytes()).isEqualTo(q4);
    // a token reads all weights (the embedding as output matrix) and one row of the embedding
    assertThat(row(plan, mix("Q4_0")).activeBytes()).isEqualTo(q4 + 2048 / 256 * 210);
    assertThat(plan.context()).isEqualTo(4096);
    assertThat(plan.flops()).isEqualTo(2 * matrices);
    assertThat(plan.trainingFlops(1000)).isEqualTo(6e3 * 1_235_814_400);
  }

  /** Sizes of published files, which also contain a header and a tokenizer. */
  @ParameterizedTest
  @CsvSource({
    "llama-3.1-8b, Q4_K_M, 4920734272",
    "llama-3.1-8b, Q8_0, 8540770880",
    "llama-3.1-8b, Q6_K, 6596006464",
    "llama-3.1-8b, Q5_K_M, 5732987456",
    "llama-2-7b, Q4_K_M, 4081004224",
    "llama-2-7b, Q3_K_M, 3298004672",
  })
  void bytesMatchPublishedFiles(String model, String mix, double fileBytes) {
    double planned = row(plan(model, 0, CacheType.F16), mix(mix)).weightBytes();
    assertThat(planned / fileBytes).isCloseTo(1, within(0.005));
  }

  @Test
  void betterMixesAreLarger() {
    Plan plan = plan("llama-3.1-8b", 0, CacheType.F16);
    List<Mix> falling =
        List.of(
            mix("F32"),
            mix("F16"),
            mix("Q8_0"),
            mix("Q6_K"),
            mix("Q5_K_M"),
            mix("Q5_K_S"),
            mix("Q4_K_M"),
            mix("Q4_K_S"),
            mix("IQ4_XS"),
            mix("Q3_K_L"),
            mix("Q3_K_M"),
            mix("Q3_K_S"),
            mix("IQ3_XXS"),
            mix("Q2_K"),
            mix("Q2_K_S"),
            mix("IQ2_M"),
            mix("IQ2_S"),
            mix("IQ2_XS"),
            mix("IQ2_XXS"),
            mix("IQ1_M"),
            mix("IQ1_S"));
    for (int i = 1; i < falling.size(); i++) {
      assertThat(row(plan, falling.get(i)).weightBytes())
          .as(falling.get(i).name())
          .isLessThan(row(plan, falling.get(i - 1)).weightBytes());
    }
  }

  @Test
  void cacheBytes() {
    // 16 layers, 8 heads of 64, keys and values
    assertThat(plan("llama-3.2-1b", 1000, CacheType.F16).cacheBytes()).hasValue(16 * 1024 * 2 * KB);
    assertThat(plan("llama-3.2-1b", 1000, CacheType.Q8_0).cacheBytes())
        .hasValue(16 * 1024 / 32 * 34 * KB);
    // one vector of 512 + 64 in each of 61 layers
    assertThat(plan("deepseek-v3-671b", 1000, CacheType.F16).cacheBytes())
        .hasValue(61 * 576 * 2 * KB);
    // every sixth of 26 layers has full attention, the others a window of 512; one head of 256
    assertThat(plan("gemma-3-1b", 10_000, CacheType.F32).cacheBytes())
        .hasValue((4 * 10_000 + 22 * 512) * 512 * 4);
    // all layers have a window of 4096
    assertThat(plan("mistral-7b-v0.1", 32_768, CacheType.F16).cacheBytes())
        .isEqualTo(plan("mistral-7b-v0.1", 4096, CacheType.F16).cacheBytes());
  }

  @Test
  void moeReadsUsedExpertsOnly() {
    Plan plan = plan("mixtral-8x7b", 0, CacheType.F16);
    long expert = 3L * 4096 * 14_336;
    long unused = 32 * 6 * expert;
    Plan.Row f16 = row(plan, mix("F16"));
    long embedding = 4096 * 32_000;
    assertThat(f16.activeBytes())
        .isEqualTo(f16.weightBytes() - 2 * unused - 2 * embedding + 2 * 4096);
    assertThat(plan.model().active()).isEqualTo(plan.model().parameters() - unused - embedding);
  }

  @Test
  void tokensPerSecondIsBandwidthOverBytesRead() {
    Plan plan = plan("llama-3.2-1b", 1000, CacheType.F16);
    Plan.Row row = row(plan, mix("Q8_0"));
    MemoryBandwidth bandwidth = MemoryBandwidth.of(50_000_000_000L);
    double read = row.activeBytes() + 32_768 * KB;
    assertThat(plan.tokensPerSecond(row, bandwidth).orElseThrow()).isEqualTo(50e9 / read);
    assertThat(plan.totalBytes(row)).isEqualTo(row.weightBytes() + 32_768 * KB);
  }

  @Test
  void plansFromParameterCountAlone() {
    PlannedModel model = PlannedModel.of(1_760_000_000_000L, 280_000_000_000L);
    Plan plan = Plan.of(model, 8192, CacheType.F16, Plan.mixes(model));
    assertThat(plan.cacheBytes()).isEmpty();
    assertThat(plan.rows()).extracting(Plan.Row::label).doesNotContain("MXFP4_MOE", "TQ2_0");
    Plan.Row f16 = row(plan, mix("F16"));
    assertThat(f16.weightBytes() / 1.76e12).isCloseTo(2, within(0.001));
    assertThat(f16.activeBytes() / 280e9).isCloseTo(2, within(0.001));
    assertThat(Plan.reference(1_760_000_000_000L).name()).isEqualTo("Llama 3.1 405B");
    assertThat(Plan.reference(7_000_000_000L).name()).isEqualTo("Llama 3.1 8B");
    Plan.Row mixed = row(plan, mix("Q4_K_M"));
    Plan.Row reference = row(plan("Llama 3.1 405B", 0, CacheType.F16), mix("Q4_K_M"));
    assertThat(mixed.bitsPerWeight()).isCloseTo(reference.bitsPerWeight(), within(1e-9));
    assertThatThrownBy(() -> PlannedModel.of(10, 11))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("active = 11: expected 1 to the 10 parameters");
  }

  @Test
  void plansFileAsIsAndQuantised() {
    RandomModel random = RandomModel.small("llama").with(Feature.EXPERTS).withType(GgmlType.Q5_K);
    Path file = random.write(folder.resolve("m.gguf"));
    Inspection inspection = Inspection.of(file);
    PlannedModel model = PlannedModel.of(inspection);
    Plan plan = Plan.of(model, 100, CacheType.Q8_0, List.of(mix("Q4_0")));
    assertThat(plan.rows()).extracting(Plan.Row::label).containsExactly("as is", "Q4_0");
    assertThat(plan.rows().getFirst().weightBytes()).isEqualTo(inspection.total().bytes());
    assertThat(plan.rows().getFirst().activeBytes()).isEqualTo(inspection.tokenCost().bytes());
    assertThat(plan.rows().getLast().weightBytes()).isLessThan(inspection.total().bytes());
    long each = inspection.cache().orElseThrow().bytes().get(CacheType.Q8_0);
    assertThat(plan.cacheBytes()).hasValue(100 * each);
    assertThat(plan.model().active()).isEqualTo(inspection.tokenCost().active());
    assertThat(Plan.mixes(model)).contains(mix("MXFP4_MOE"));
  }

  @Test
  void shapeMatchesFileOfSameShape() {
    DecoderShape shape =
        DecoderShape.llamaLike(3, 256, 8, 512, 320)
            .kvHeads(2)
            .context(512)
            .with(DecoderShape.Feature.TIED);
    Path file = RandomModel.small("llama").with(Feature.TIED).write(folder.resolve("m.gguf"));
    PlannedModel read = PlannedModel.of(Inspection.of(file));
    PlannedModel planned = PlannedModel.of("x", "", shape);
    assertThat(planned.parameters()).isEqualTo(read.parameters());
    assertThat(planned.active()).isEqualTo(read.active());
    Plan one = Plan.of(planned, 0, CacheType.F16, Mixes.all());
    Plan other = Plan.of(read, 0, CacheType.F16, Mixes.all());
    assertThat(one.rows()).isEqualTo(other.rows().subList(1, other.rows().size()));
    assertThat(one.cacheBytes()).isEqualTo(other.cacheBytes());
    assertThat(one.flops()).isEqualTo(other.flops());
  }

  /**
   * Compares with quantised files; row lengths that are multiples of 256, and some that are not.
   */
  @ParameterizedTest
  @CsvSource({
    "256, 512, Q4_K_M",
    "256, 512, Q3_K_L",
    "256, 512, IQ4_XS",
    "256, 512, Q8_0",
    "256, 512, F16",
    "64, 288, Q4_K_M",
    "64, 288, Q6_K",
    "64, 288, IQ3_S",
    "256, 512, TQ2_0"
  })
  void bytesMatchQuantisedFile(int width, int ffnWidth, String name) {
    RandomModel.Shape shape = new RandomModel.Shape(9, width, 8, 2, width / 8, ffnWidth, 320, 64);
    Path in = RandomModel.small("llama").withShape(shape).write(folder.resolve("in.gguf"));
    Path out = folder.resolve("out.gguf");
    new Quantizer(QuantizeOptions.of(mix(name)).withThreads(1)).run(in, out, QuantizeListener.NONE);
    PlannedModel model =
        PlannedModel.of(
            "x", "", DecoderShape.llamaLike(9, width, 8, ffnWidth, 320).kvHeads(2).context(64));
    Plan plan = Plan.of(model, 0, CacheType.F16, List.of(mix(name)));
    Inspection written = Inspection.of(out);
    assertThat(plan.rows().getFirst().weightBytes()).isEqualTo(written.total().bytes());
    assertThat(plan.rows().getFirst().activeBytes()).isEqualTo(written.tokenCost().bytes());
    assertThat(plan.model().parameters()).isEqualTo(written.total().parameters());
  }

  @Test
  void rejectsRowLengthThatNoTypeSupports() {
    PlannedModel model = PlannedModel.of("x", "", DecoderShape.llamaLike(2, 96, 3, 200, 10));
    assertRejected(
        () -> Plan.of(model, 0, CacheType.F16, List.of(mix("NVFP4"))),
        "tensor token_embd.weight has rows of 96: expected a multiple of 64 for nvfp4");
  }

  @Test
  void typicalBitsAreThoseOfLlama8B() {
    assertThat(Plan.typicalBits(mix("F16"))).isBetween(16.0, 16.01);
    Plan plan = plan("llama-3.1-8b", 0, CacheType.F16);
    assertThat(Plan.typicalBits(mix("Q4_K_M"))).isEqualTo(row(plan, mix("Q4_K_M")).bitsPerWeight());
  }

  @Test
  void rejectsInconsistentShapes() {
    assertRejected(
        () -> DecoderShape.llamaLike(2, 100, 3, 200, 10),
        "heads = 3: expected a divisor of the width");
    assertRejected(() -> DecoderShape.llamaLike(2, 96, 0, 200, 10), "heads = 0: expected 1 to");
    DecoderShape sound = DecoderShape.llamaLike(2, 96, 3, 200, 10);
    assertRejected(() -> sound.kvHeads(2), "kv-heads = 2: expected a divisor of the 3 heads");
    assertRejected(() -> sound.experts(4, 5, 100), "experts-used = 5: expected 1 to 4");
    assertRejected(() -> sound.experts(4, 0, 100), "experts-used = 0: expected 1 to 4");
    assertRejected(
        () -> DecoderShape.llamaLike(0, 96, 3, 200, 10), "layers = 0: expected 1 to 10000");
    assertRejected(() -> DecoderShape.llamaLike(2, 96, 3, 200, -1), "vocab = -1: expected 1 to");
    Plan plan = plan("smollm2-135m", 10, CacheType.Q8_0);
    assertThat(plan.cacheBytes()).isPresent();
    PlannedModel odd = PlannedModel.of("odd", "", DecoderShape.llamaLike(2, 100, 2, 200, 10));
    assertRejected(
        () -> Plan.of(odd, 10, CacheType.Q8_0, List.of(mix("F16"))),
        "cache type q8_0: expected a head size that is a multiple of 32, the model's is 50");
    assertRejected(() -> Plan.of(odd, -1, CacheType.F16, List.of()), "context = -1: expected 0 to");
    DecoderShape huge =
        DecoderShape.llamaLike(10_000, 1 << 20, 1, 1 << 20, 1 << 24).experts(1 << 20, 1, 1 << 20);
    assertRejected(
        () -> PlannedModel.of("huge", "", huge),
        "huge: expected at most 1000000000000000000 parameters");
  }

  private static void assertRejected(Runnable call, String message) {
    assertThatThrownBy(call::run)
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void fitsMemory() {
    Devices.Device gpu = new Devices.Device("CUDA0", "a GPU", Devices.Kind.GPU, 60, 80);
    MachineMemory memory = new MachineMemory(100, 40, List.of(gpu));
    assertThat(memory.fit(40)).isEqualTo(Fit.NOW);
    assertThat(memory.fit(41)).isEqualTo(Fit.IF_FREED);
    assertThat(memory.fit(101)).isEqualTo(Fit.NO);
    assertThat(MachineMemory.fit(60, gpu)).isEqualTo(Fit.NOW);
    assertThat(MachineMemory.fit(81, gpu)).isEqualTo(Fit.NO);
  }

  @Test
  void memoryOfThisMachine() {
    MachineMemory now = MachineMemory.current();
    assertThat(now.availableBytes()).isPositive().isLessThanOrEqualTo(now.totalBytes());
    assertThat(MachineMemory.available("MemTotal: 9 kB\nMemAvailable:   2048 kB\nX: 1 kB\n"))
        .isEqualTo(OptionalLong.of(2048 * 1024));
    assertThat(MachineMemory.available("MemTotal: 9 kB\n")).isEmpty();
  }

  @Test
  void measuresMemoryBandwidth() throws Exception {
    long start = System.nanoTime();
    MemoryBandwidth bandwidth = MemoryBandwidth.measure(2, 1L << 30);
    assertThat(System.nanoTime() - start)
        .isLessThan(20_000_000_000L); // half a second, with a margin for a busy machine
    assertThat(bandwidth.bytesPerSecond()).isBetween(10_000_000L, 10_000_000_000_000L);
    assertThat(bandwidth.threads()).isEqualTo(2);
    assertThat(bandwidth.bytes()).isEqualTo(1L << 27);
    assertThat(bandwidth.isMeasured()).isTrue();
    assertRejected(() -> MemoryBandwidth.measure(-1, 1L << 30), "threads = -1: expected 0 to 512");

    Path caches = Files.createDirectories(folder.resolve("cache/index0")).getParent();
    Files.writeString(caches.resolve("index0/size"), "48K\n");
    Files.createDirectories(caches.resolve("index1"));
    Files.writeString(caches.resolve("index1/size"), "32768K\n");
    assertThat(MemoryBandwidth.lastLevelCache(caches)).isEqualTo(32L << 20);
    assertThat(MemoryBandwidth.lastLevelCache(folder)).isZero();
  }
}

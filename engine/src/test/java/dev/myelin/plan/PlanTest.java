package dev.myelin.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Devices;
import dev.myelin.inspect.Inspection;
import dev.myelin.model.ModelDescription;
import dev.myelin.model.build.Sample;
import dev.myelin.plan.MachineMemory.Fit;
import dev.myelin.quantize.Mix;
import dev.myelin.quantize.Mixes;
import dev.myelin.quantize.QuantizeListener;
import dev.myelin.quantize.QuantizeOptions;
import dev.myelin.quantize.Quantizer;
import dev.myelin.state.CacheType;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Feature;
import dev.myelin.testing.RandomSample;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

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
    // every second of 24 layers has a window of 128; 8 heads of 64
    assertThat(plan("gpt-oss-20b", 10_000, CacheType.F16).cacheBytes())
        .hasValue(12 * (10_000 + 128) * 1024L * 2);
    // all layers have a window of 2047
    assertThat(plan("phi-3-mini-3.8b", 4096, CacheType.F16).cacheBytes())
        .hasValue(32 * 2047 * 2 * 3072L * 2);
    // a window that its files do not have
    assertThat(plan("mistral-7b-v0.1", 32_768, CacheType.F16).cacheBytes())
        .isEqualTo(plan("mistral-7b-v0.3", 32_768, CacheType.F16).cacheBytes());
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

  static List<RandomSample> samples() {
    return RandomSample.all();
  }

  /** What is planned from keys is what a file with these keys needs. */
  @ParameterizedTest
  @MethodSource("samples")
  void keysMatchFileOfSameKeys(RandomSample random) {
    Sample sample = random.sample();
    ModelKeys keys = new ModelKeys(random.architecture(), sample.keys(), sample.optional());
    MemorySegment bytes = random.writer().toBytes();
    PlannedModel read = PlannedModel.of(Inspection.of(Checkpoint.of("m.gguf", bytes)));
    PlannedModel planned = PlannedModel.of("x", "", keys);
    assertThat(planned.parameters()).isEqualTo(read.parameters());
    assertThat(planned.active()).isEqualTo(read.active());
    assertThat(planned.context()).isEqualTo(read.context());
    assertThat(planned.experts()).isEqualTo(read.experts());
    assertThat(planned.traits()).isEqualTo(read.traits());
    List<Mix> mixes = List.of(mix("F16"), mix("Q8_0"), mix("Q4_K_M"));
    Plan one = Plan.of(planned, 0, CacheType.F16, mixes);
    Plan other = Plan.of(read, 0, CacheType.F16, mixes);
    assertThat(one.rows()).isEqualTo(other.rows().subList(1, other.rows().size()));
    assertThat(one.cacheBytes()).isPresent().isEqualTo(other.cacheBytes());
    assertThat(one.flops()).isEqualTo(other.flops());
  }

  /** A recurrent state has the same size for any context. */
  @Test
  void countsRecurrentStates() {
    RandomSample random =
        samples().stream().filter(s -> s.architecture().equals("mamba2")).findFirst().orElseThrow();
    ModelDescription model = ModelDescription.of("mamba2", random.sample());
    long bytes = model.states().recurrentBytes();
    assertThat(bytes).isPositive();
    Sample sample = random.sample();
    PlannedModel planned =
        PlannedModel.of("x", "", new ModelKeys("mamba2", sample.keys(), sample.optional()));
    assertThat(Plan.of(planned, 1, CacheType.F16, List.of()).cacheBytes()).hasValue(bytes);
    assertThat(Plan.of(planned, 4096, CacheType.Q8_0, List.of()).cacheBytes()).hasValue(bytes);
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
    PlannedModel model = llama(9, width, 8, ffnWidth, 320, keys -> keys.kvHeads(2));
    Plan plan = Plan.of(model, 0, CacheType.F16, List.of(mix(name)));
    Inspection written = Inspection.of(out);
    assertThat(plan.rows().getFirst().weightBytes()).isEqualTo(written.total().bytes());
    assertThat(plan.rows().getFirst().activeBytes()).isEqualTo(written.tokenCost().bytes());
    assertThat(plan.model().parameters()).isEqualTo(written.total().parameters());
  }

  @Test
  void rejectsRowLengthThatNoTypeSupports() {
    PlannedModel model = llama(2, 96, 3, 200, 10, keys -> keys);
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

  private static PlannedModel llama(
      int layers,
      int width,
      int heads,
      int feedForward,
      int vocabulary,
      UnaryOperator<ModelKeys> change) {
    ModelKeys keys =
        ModelKeys.decoder("llama", layers, width, heads, feedForward, vocabulary, 64).untied();
    return PlannedModel.of("x", "", change.apply(keys));
  }

  /** The messages are those of a file, but the caller's request is at fault. */
  @Test
  void rejectsInconsistentKeys() {
    assertRejected(
        () -> llama(2, 100, 3, 200, 10, keys -> keys),
        "keys of llama: key llama.attention.head_count = u32 3: a divisor of embedding_length 100");
    assertRejected(
        () -> llama(2, 96, 0, 200, 10, keys -> keys),
        "keys of llama: key llama.attention.head_count = u32 0: expected 1 to 96");
    assertRejected(
        () -> llama(2, 96, 3, 200, 10, keys -> keys.kvHeads(2)),
        "keys of llama: key llama.attention.head_count_kv = u32 2: a divisor of 3 heads in layer"
            + " 0");
    assertRejected(
        () -> llama(2, 96, 3, 200, 10, keys -> keys.experts(4, 5)),
        "keys of llama: key llama.expert_used_count = u32 5: expected 1 to 4");
    assertRejected(
        () -> llama(0, 96, 3, 200, 10, keys -> keys),
        "keys of llama: key llama.block_count = u32 0: 1 to 512");
    assertRejected(
        () -> llama(2, 96, 3, 200, -1, keys -> keys), "vocab_size = -1: expected 0 or more");
    assertRejected(
        () -> PlannedModel.of("x", "", ModelKeys.decoder("lama", 2, 96, 3, 200, 10, 64)),
        "keys of lama: general.architecture = lama: known are bert, ");
    Plan plan = plan("smollm2-135m", 10, CacheType.Q8_0);
    assertThat(plan.cacheBytes()).isPresent();
    PlannedModel odd = llama(2, 100, 2, 200, 10, keys -> keys);
    assertRejected(
        () -> Plan.of(odd, 10, CacheType.Q8_0, List.of(mix("F16"))),
        "cache type q8_0: expected a head size that is a multiple of 32, the model's is 50");
    assertRejected(() -> Plan.of(odd, -1, CacheType.F16, List.of()), "context = -1: expected 0 to");
    assertRejected(
        () -> llama(512, 1 << 20, 1024, 1 << 20, 1 << 20, keys -> keys.experts(1024, 1)),
        "x: expected at most 1000000000000000000 parameters");
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

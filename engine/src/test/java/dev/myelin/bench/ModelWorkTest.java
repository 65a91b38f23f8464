package dev.myelin.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.myelin.adapter.Adapter;
import dev.myelin.bench.ModelWork.Operations;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.gguf.GgmlType;
import dev.myelin.inspect.Inspection;
import dev.myelin.state.CacheType;
import dev.myelin.testing.RandomAdapter;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Feature;
import dev.myelin.testing.RandomModel.TypeMix;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The work of a token of small models, computed by hand. */
class ModelWorkTest {
  private static final int LAYERS = 3;
  private static final int WIDTH = 256;
  private static final int VOCABULARY = 320;
  private static final double ATTENTION = LAYERS * (2 * WIDTH * WIDTH + 2 * WIDTH * 64);
  private static final double FEED_FORWARD = LAYERS * 3 * WIDTH * 512;
  private static final double OUTPUT = WIDTH * VOCABULARY;
  private static final double NORM_BYTES = (2 * LAYERS + 1) * WIDTH * 4;

  /** Keys and values of two heads of 32 in f16. */
  private static final double CACHE_BYTES = LAYERS * 2 * 64 * 2;

  private static final TypeMix MIXED = TypeMix.mixed(GgmlType.Q4_0, GgmlType.Q8_0);

  @TempDir Path folder;

  private ModelWork work(RandomModel model, Adapter... adapters) {
    Checkpoint file = Checkpoint.of(model.write(folder.resolve("model.gguf")));
    return ModelWork.of(Inspection.of(file), List.of(adapters), CacheType.F16);
  }

  private static double q4(double weights) {
    return weights / 32 * 18;
  }

  private static double q8(double weights) {
    return weights / 32 * 34;
  }

  @Test
  void denseModelWithOutputMatrix() {
    double bytes = q4(ATTENTION + FEED_FORWARD) + q8(OUTPUT) + NORM_BYTES + q8(WIDTH);
    assertThat(work(RandomModel.small("llama").withTypes(MIXED)))
        .isEqualTo(
            new ModelWork(
                bytes,
                CACHE_BYTES,
                new Operations(2 * (ATTENTION + FEED_FORWARD), 0),
                new Operations(2 * OUTPUT, 0)));
  }

  @Test
  void tiedEmbeddingIsTheOutput() {
    RandomModel model = RandomModel.small("llama").withTypes(MIXED);
    assertThat(work(model.with(Feature.TIED))).isEqualTo(work(model));
  }

  @Test
  void floatWeightsCountAsF32() {
    TypeMix mix = TypeMix.mixed(GgmlType.Q4_0, GgmlType.BF16);
    ModelWork work = work(RandomModel.small("llama").with(Feature.TIED).withTypes(mix));
    assertThat(work.layers()).isEqualTo(new Operations(2 * (ATTENTION + FEED_FORWARD), 0));
    assertThat(work.output()).isEqualTo(new Operations(0, 2 * OUTPUT));
  }

  @Test
  void onlyUsedExpertsCount() {
    double router = LAYERS * WIDTH * 6;
    ModelWork work = work(RandomModel.small("llama").with(Feature.EXPERTS).withTypes(MIXED));
    assertThat(work.layers())
        .isEqualTo(new Operations(2 * (ATTENTION + 3 * FEED_FORWARD), 2 * router));
    assertThat(work.bytes())
        .isEqualTo(
            q4(ATTENTION + 3 * FEED_FORWARD) + q8(OUTPUT) + router * 4 + NORM_BYTES + q8(WIDTH));
  }

  @Test
  void adaptersAddTheirFactors() {
    RandomModel model = RandomModel.small("llama").with(Feature.EXPERTS).withTypes(MIXED);
    ModelWork without = work(model);
    Path file =
        RandomAdapter.ofRank(4)
            .withType(GgmlType.F16)
            .only(n -> n.matches("token_embd.*|output.*|blk.0.attn_q.*|blk.1.ffn_up.*"))
            .write(folder.resolve("adapter.gguf"), folder.resolve("model.gguf"));
    ModelWork with = work(model, Adapter.of(file));
    double layers = 4 * 2 * WIDTH; // attn_q
    layers += 4 * (WIDTH + 512) * 3; // of six experts three are used
    layers += 4 * WIDTH; // B of the embedding
    double output = 4 * (WIDTH + VOCABULARY);
    assertThat(with.layers()).isEqualTo(without.layers().plus(new Operations(0, 2 * layers)));
    assertThat(with.output()).isEqualTo(new Operations(2 * OUTPUT, 2 * output));
    double embeddingRow = 4;
    assertThat(with.bytes())
        .isEqualTo(without.bytes() + 2 * (layers + output + embeddingRow), within(1e-6));
    assertThat(work(model, new Adapter(file, 0))).isEqualTo(without);
  }

  @Test
  void averagesOverATest() {
    ModelWork work = new ModelWork(1000, 10, new Operations(600, 60), new Operations(128, 0));
    assertThat(work.bytesPerToken(new BenchSpec(0, 3, 100))).isEqualTo(1000 + 10 * 102);
    assertThat(work.bytesPerToken(new BenchSpec(8, 1, 0))).isEqualTo(1000 + 10 * 9);
    assertThat(work.operationsPerToken(new BenchSpec(64, 0, 100)))
        .isEqualTo(new Operations(602, 60));
  }

  @Test
  void shortestTimeIsASum() {
    ModelWork work = new ModelWork(1000, 10, new Operations(600, 60), new Operations(128, 0));
    MachineLimits limits = new MachineLimits(2000, 400, 30);
    assertThat(work.seconds(new BenchSpec(64, 0, 0), limits))
        .isEqualTo(64 * (602.0 / 400 + 60.0 / 30), within(1e-9));
    assertThat(work.seconds(new BenchSpec(0, 1, 99), limits)).isEqualTo(1);
    assertThat(work.seconds(new BenchSpec(64, 1, 35), limits))
        .isEqualTo(64 * (602.0 / 400 + 60.0 / 30) + 1, within(1e-9));
    ModelWork quantised = new ModelWork(0, 0, new Operations(600, 0), Operations.NONE);
    MachineLimits measured = new MachineLimits(0, 300, 0);
    assertThat(quantised.seconds(new BenchSpec(3, 0, 0), measured)).isEqualTo(6);
  }
}

package dev.myelin.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.myelin.adapter.Adapter;
import dev.myelin.bindings.peer.LlamaContext.FlashAttention;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.GgmlType;
import dev.myelin.model.Model;
import dev.myelin.state.CacheType;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Feature;
import dev.myelin.testing.RandomModel.Shape;
import dev.myelin.train.Training.Files;
import dev.myelin.train.TrainingOptions.Data;
import dev.myelin.train.TrainingOptions.Intervals;
import dev.myelin.train.TrainingRun.Listener;
import dev.myelin.train.corpus.Document;
import dev.myelin.train.corpus.ValidationSplit;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Fine-tuning of all weights and of adapters; the results load in other engines. */
class FineTuneTest {
  private static final Shape TINY = new Shape(2, 64, 4, 2, 16, 96, 320, 64);
  private static final BatchShape BATCH = new BatchShape(2, 16);
  private static final TrainingOptions OPTIONS =
      new TrainingOptions(
          BATCH,
          30,
          0,
          new AdamW(3e-3f, 3e-4f, 3, 0.9f, 0.95f, 1e-8f, 0.01f, 1f),
          new Data(3, 0, false),
          new Intervals(0, 10, 0),
          1);

  private static final ValidationSplit TEXT =
      new ValidationSplit(
          List.of(Document.of("text", "the cat sat on the mat and the hat. ".repeat(30))),
          List.of());

  @TempDir Path folder;

  private Files files(String name) {
    return Files.of(folder.resolve(name + ".gguf"));
  }

  private Path model(RandomModel model) {
    return model.write(folder.resolve("base.gguf"));
  }

  private static float assertLossFalls(TrainingRun run) {
    run.run(new Listener() {});
    List<History.Step> steps = run.history().steps();
    assertThat(steps.getLast().loss()).isLessThan(0.8f * steps.getFirst().loss());
    return steps.getLast().loss();
  }

  private static float[] logits(Model model, int[] tokens) {
    SessionOptions options = SessionOptions.defaults().withThreads(1).withCacheType(CacheType.F32);
    try (Session session = Session.open(model, options)) {
      return session.feed(tokens).toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen2", "qwen3"})
  void fineTunesFullModel(String architecture) {
    RandomModel random = RandomModel.small(architecture).withShape(TINY).with(Feature.TIED);
    Path base = model(random.withType(architecture.equals("qwen2") ? GgmlType.BF16 : GgmlType.F16));
    Files files = files("tuned");
    int[] tokens = Logits.randomTokens(12, TINY.vocabulary(), 3);
    float[] learned;
    try (TrainingRun run = Training.fineTune(base, TEXT, OPTIONS, files, Map.of())) {
      assertLossFalls(run);
      learned = logits(run.model(), tokens);
    }
    try (Model written = Model.load(files.output())) {
      assertThat(logits(written, tokens)).isEqualTo(learned);
    }
    Logits.requireOracle();
    Logits.Run both = new Logits.Run(files.output(), tokens, 64, CacheType.F32, 1);
    float[][] ours = Logits.myelin(both, 12).rows();
    float[][] theirs = Logits.libllama(both, FlashAttention.OFF, 12).rows();
    for (int i = 0; i < ours.length; i++) {
      for (int j = 0; j < ours[i].length; j++) {
        assertThat(ours[i][j]).isCloseTo(theirs[i][j], offset(1e-3f));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen2", "qwen3", "experts", "quantised"})
  void trainsAdapterAndLeavesModelUnchanged(String kind) throws IOException {
    boolean plain = kind.equals("experts") || kind.equals("quantised");
    RandomModel random = RandomModel.small(plain ? "llama" : kind).withShape(TINY);
    random = kind.equals("experts") ? random.with(Feature.EXPERTS) : random;
    Path base = model(kind.equals("quantised") ? random.withType(GgmlType.Q8_0) : random);
    byte[] before = java.nio.file.Files.readAllBytes(base);
    Files files = files("adapter");
    int[] tokens = Logits.randomTokens(12, TINY.vocabulary(), 3);
    float[] learned;
    LoraOptions lora = new LoraOptions(4, 8f);
    try (TrainingRun run = Training.fineTuneLora(base, lora, TEXT, OPTIONS, files, Map.of())) {
      long all = run.model().weights().values().stream().mapToLong(t -> t.elements()).sum();
      assertThat(run.parameters()).isPositive().isLessThan(all / 2);
      assertLossFalls(run);
      learned = logits(run.model(), tokens);
    }
    assertThat(java.nio.file.Files.readAllBytes(base)).isEqualTo(before);
    try (Model changed = Model.load(base, List.of(Adapter.of(files.output())))) {
      float[] loaded = logits(changed, tokens);
      double error = 0;
      double power = 0;
      for (int i = 0; i < loaded.length; i++) {
        error += Math.pow(loaded[i] - learned[i], 2);
        power += Math.pow(learned[i], 2);
      }
      // training uses the quantised base as f32; inference also quantises its activations
      assertThat(error / power).isLessThan(kind.equals("quantised") ? 1e-2 : 1e-8);
    }
  }

  @Test
  void resumesAdapterTraining() {
    Path base = model(RandomModel.small("llama").withShape(TINY));
    LoraOptions lora = new LoraOptions(4, 8f);
    List<Float> unbroken;
    try (TrainingRun run =
        Training.fineTuneLora(base, lora, TEXT, OPTIONS, files("whole"), Map.of())) {
      assertLossFalls(run);
      unbroken = run.history().steps().stream().map(History.Step::loss).toList();
    }
    Files parts = files("parts");
    try (TrainingRun run = Training.fineTuneLora(base, lora, TEXT, OPTIONS, parts, Map.of())) {
      run.run(
          new Listener() {
            @Override
            public void step(History.Step step) {
              if (step.step() == 13) {
                run.stop();
              }
            }
          });
    }
    assertThat(Training.lora(parts.state())).contains(lora);
    try (TrainingRun run = Training.resumeLora(base, lora, TEXT, OPTIONS, parts, Map.of())) {
      run.run(new Listener() {});
      assertThat(run.history().steps().stream().map(History.Step::loss)).isEqualTo(unbroken);
    }
    assertThatThrownBy(() -> Training.resume(TEXT, OPTIONS, parts, Map.of()))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("adapter");
    assertThatThrownBy(
            () -> Training.resumeLora(base, new LoraOptions(2, 8f), TEXT, OPTIONS, parts, Map.of()))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("lora_a");
  }

  @Test
  void rejectsModelsThatCannotBeTrained() {
    Path quantised = model(RandomModel.small("llama").withShape(TINY).withType(GgmlType.Q8_0));
    assertThatThrownBy(() -> Training.fineTune(quantised, TEXT, OPTIONS, files("no"), Map.of()))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("q8_0")
        .hasMessageContaining("expected f32, f16 or bf16");
    Path llama = model(RandomModel.small("llama").withShape(TINY));
    TrainingOptions wide =
        new TrainingOptions(
            new BatchShape(1, 128),
            2,
            0,
            AdamW.DEFAULT,
            new Data(1, 0, false),
            new Intervals(0, 0, 0),
            1);
    assertThatThrownBy(() -> Training.fineTune(llama, TEXT, wide, files("no"), Map.of()))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("context = 128: the model has a context length of 64");
    Path gpt2 = model(RandomModel.small("gpt2").withShape(TINY.withHeads(4, 4, 16)));
    assertThatThrownBy(() -> Training.fineTune(gpt2, TEXT, OPTIONS, files("no"), Map.of()))
        .hasMessageContaining("has no derivative");
  }
}

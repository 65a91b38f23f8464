package dev.myelin.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.error.MyelinException;
import dev.myelin.gguf.GgufFile;
import dev.myelin.train.Training.Files;
import dev.myelin.train.TrainingOptions.Data;
import dev.myelin.train.TrainingOptions.Intervals;
import dev.myelin.train.TrainingRun.EndReason;
import dev.myelin.train.TrainingRun.Listener;
import dev.myelin.train.corpus.Corpus;
import dev.myelin.train.corpus.Document;
import dev.myelin.train.corpus.ValidationSplit;
import dev.myelin.train.vocabulary.TrainedVocabulary;
import dev.myelin.train.vocabulary.VocabularyKind;
import dev.myelin.train.vocabulary.VocabularyOptions;
import dev.myelin.train.vocabulary.VocabularyTrainer;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Training runs: the loss falls, runs can be resumed, and they end when they should. */
class TrainingRunTest {
  private static final LlamaConfig CONFIG = LlamaConfig.dense(2, 32, 4, 2, 64, 24);
  private static final BatchShape BATCH = new BatchShape(4, 24);
  private static final AdamW FAST = new AdamW(1e-2f, 1e-3f, 2, 0.9f, 0.95f, 1e-8f, 0.1f, 1f);

  private static ValidationSplit text;
  private static TrainedVocabulary vocabulary;

  @TempDir Path folder;

  @BeforeAll
  static void makeText() {
    Random random = new Random(4);
    String[] names = {"Anna", "Ben", "Cleo", "Dan"};
    String[] things = {"ball", "cat", "red hat", "boat"};
    List<Document> documents = new ArrayList<>();
    for (int i = 0; i < 80; i++) {
      String name = names[random.nextInt(names.length)];
      String thing = things[random.nextInt(things.length)];
      String story = "%s has a %s. %s likes the %s very much.".formatted(name, thing, name, thing);
      documents.add(Document.of("story " + i, story));
    }
    text = ValidationSplit.of(new Corpus(documents), 0.2, 1);
    vocabulary =
        VocabularyTrainer.train(text.training(), VocabularyOptions.of(VocabularyKind.SPM, 290));
  }

  private static TrainingOptions options(long steps, int checkpointEvery, int patience) {
    return options(BATCH, steps, 0, FAST, new Intervals(5, checkpointEvery, patience), 1);
  }

  private static TrainingOptions options(
      BatchShape shape, long steps, double epochs, AdamW adamw, Intervals watch, int threads) {
    return new TrainingOptions(
        shape, steps, epochs, adamw, new Data(7, 0.2, false), watch, threads);
  }

  private Files files(String name) {
    return Files.of(folder.resolve(name + ".gguf"));
  }

  private TrainingRun start(TrainingOptions options, Files files) {
    return Training.start(text, vocabulary, CONFIG, options, files, Map.of());
  }

  private static byte[] bytes(Path file) throws IOException {
    return java.nio.file.Files.readAllBytes(file);
  }

  /** The measurements of each step without the times. */
  private static List<List<Float>> measurements(History history) {
    return history.steps().stream()
        .map(s -> List.of(s.loss(), s.gradientNorm(), s.learningRate()))
        .toList();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4})
  void lossFallsFarBelowChance(int experts) {
    LlamaConfig config =
        new LlamaConfig(2, 32, 4, 2, 48, 24, experts == 0, experts, experts / 2, 10_000f, 0.02f);
    Files files = files("learned");
    TrainingOptions options = options(120, 0, 0);
    try (TrainingRun run =
        Training.start(text, vocabulary, config, options, files, Map.of("general.name", "tiny"))) {
      assertThat(run.run(new Listener() {})).isEqualTo(EndReason.DONE);
      History history = run.history();
      double chance = Math.log(vocabulary.size());
      assertThat((double) history.evaluations().getFirst().loss())
          .isBetween(chance - 1, chance + 1);
      assertThat(history.evaluations().getLast().loss()).isLessThan(1.2f);
      assertThat(history.evaluations()).hasSize(1 + 120 / 5);
      assertThat(history.steps()).hasSize(120);
    }
    try (GgufFile written = GgufFile.open(files.output())) {
      assertThat(written.metadata().string("general.name")).isEqualTo("tiny");
      assertThat(written.metadata().keys()).noneMatch(key -> key.startsWith("training."));
      assertThat(written.tensors()).noneMatch(t -> t.name().startsWith("optimizer."));
    }
  }

  @Test
  void sameSeedGivesSameBytesOnAnyThreadCount() throws IOException {
    List<byte[]> written = new ArrayList<>();
    for (int threads : new int[] {1, 1, 2}) {
      TrainingOptions o = options(BATCH, 6, 0, FAST, new Intervals(0, 0, 0), threads);
      Files files = files("threads" + written.size());
      try (TrainingRun run = start(o, files)) {
        run.run(new Listener() {});
      }
      written.add(bytes(files.output()));
    }
    assertThat(written.get(1)).isEqualTo(written.get(0));
    assertThat(written.get(2)).isEqualTo(written.get(0));
  }

  @Test
  void resumedRunEqualsUninterruptedRun() throws IOException {
    Files whole = files("whole");
    List<List<Float>> unbroken;
    try (TrainingRun run = start(options(20, 4, 0), whole)) {
      run.run(new Listener() {});
      unbroken = measurements(run.history());
    }
    Files parts = files("parts");
    // the run is killed in step 11: the checkpoint of step 8 remains
    try (TrainingRun run = start(options(20, 4, 0), parts)) {
      assertThatThrownBy(
              () ->
                  run.run(
                      new Listener() {
                        @Override
                        public void step(History.Step step) {
                          if (step.step() == 11) {
                            throw new IllegalStateException("killed");
                          }
                        }
                      }))
          .hasMessage("killed");
    }
    TrainingOptions left = Training.options(parts.state(), 1);
    assertThat(left).isEqualTo(options(20, 4, 0));
    try (TrainingRun run = Training.resume(text, left, parts, Map.of())) {
      assertThat(run.history().step()).isEqualTo(8);
      run.run(new Listener() {});
      assertThat(measurements(run.history())).isEqualTo(unbroken);
      assertThat(run.history().evaluations()).hasSize(1 + 20 / 5);
    }
    assertThat(bytes(parts.output())).isEqualTo(bytes(whole.output()));
  }

  @Test
  void stoppedRunSavesLastStep() {
    Files files = files("stopped");
    try (TrainingRun run = start(options(50, 0, 0), files)) {
      EndReason end =
          run.run(
              new Listener() {
                @Override
                public void step(History.Step step) {
                  if (step.step() == 3) {
                    run.stop();
                  }
                }
              });
      assertThat(end).isEqualTo(EndReason.STOPPED);
    }
    try (TrainingRun run = Training.resume(text, options(50, 0, 0), files, Map.of())) {
      assertThat(run.history().step()).isEqualTo(3);
    }
  }

  @Test
  void earlyStoppingKeepsBestWeights() throws IOException {
    Files files = files("patient");
    AdamW rough = new AdamW(8e-2f, 8e-2f, 0, 0.9f, 0.95f, 1e-8f, 0f, 100f);
    TrainingOptions o = options(BATCH, 500, 0, rough, new Intervals(5, 5, 3), 1);
    byte[][] best = new byte[1][];
    try (TrainingRun run = start(o, files)) {
      EndReason end =
          run.run(
              new Listener() {
                @Override
                public void evaluated(History.Evaluation evaluation) {
                  if (evaluation.equals(run.history().best())) {
                    try {
                      best[0] = bytes(files.output());
                    } catch (IOException e) {
                      throw new AssertionError(e);
                    }
                  }
                }
              });
      assertThat(end).isEqualTo(EndReason.EARLY_STOPPING);
      assertThat(run.history().evaluationsSinceBest()).isEqualTo(3);
      assertThat(run.history().step()).isLessThan(500);
    }
    assertThat(bytes(files.output())).isEqualTo(best[0]);
  }

  @Test
  void divergedRunKeepsLastCheckpoint() throws IOException {
    Files files = files("diverged");
    byte[][] before = new byte[2][];
    try (TrainingRun run = start(options(20, 4, 0), files)) {
      Listener poison =
          new Listener() {
            @Override
            public void step(History.Step step) {
              if (step.step() == 6) {
                run.model()
                    .weights()
                    .get("output_norm.weight")
                    .data()
                    .setAtIndex(ValueLayout.JAVA_FLOAT, 3, Float.NaN);
              }
            }

            @Override
            public void saved(long step) {
              try {
                before[0] = bytes(files.state());
                before[1] = bytes(files.output());
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            }
          };
      assertThatThrownBy(() -> run.run(poison))
          .isInstanceOf(MyelinException.class)
          .hasMessageContaining("step 7")
          .hasMessageContaining("diverged");
    }
    assertThat(bytes(files.state())).isEqualTo(before[0]);
    assertThat(bytes(files.output())).isEqualTo(before[1]);
    try (TrainingRun run = Training.resume(text, options(20, 4, 0), files, Map.of())) {
      assertThat(run.history().step()).isEqualTo(4);
    }
  }

  @Test
  void rejectsStateOfAnotherTextOrModel() {
    Files files = files("state");
    try (TrainingRun run = start(options(2, 2, 0), files)) {
      run.run(new Listener() {});
    }
    ValidationSplit other = ValidationSplit.of(new Corpus(text.training()), 0.1, 1);
    assertThatThrownBy(() -> Training.resume(other, options(4, 2, 0), files, Map.of()))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("text_hash");
    assertThatThrownBy(() -> Training.options(files.output(), 1))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("training.version");
    assertThatThrownBy(() -> Training.options(folder.resolve("nothing.state.gguf"), 1))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("nothing.state.gguf");
  }

  @Test
  void reportsUnwritableFile() throws IOException {
    Files files = files("folder");
    java.nio.file.Files.createDirectory(files.output());
    try (TrainingRun run = start(options(4, 2, 0), files)) {
      assertThatThrownBy(() -> run.run(new Listener() {}))
          .isInstanceOf(ModelFileException.class)
          .hasMessageContaining(files.output().toString());
    }
  }

  @Test
  void rejectsTextShorterThanWindows() {
    ValidationSplit little =
        new ValidationSplit(
            List.of(Document.of("a", "Anna has a cat.")),
            List.of(Document.of("b", "Ben has a hat.")));
    assertThatThrownBy(
            () ->
                Training.start(
                    little, vocabulary, CONFIG, options(4, 0, 0), files("little"), Map.of()))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("tokens of text: expected at least");
    ValidationSplit littleValidation = new ValidationSplit(text.training(), little.validation());
    assertThatThrownBy(
            () ->
                Training.start(
                    littleValidation,
                    vocabulary,
                    CONFIG,
                    options(4, 0, 0),
                    files("little"),
                    Map.of()))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("validation text");
  }

  @Test
  void epochsDetermineSteps() {
    TrainingOptions o = options(BATCH, 1, 2.5, FAST, new Intervals(0, 0, 0), 1);
    try (TrainingRun run = start(o, files("epochs"))) {
      assertThat(run.options().steps()).isEqualTo((long) Math.ceil(2.5 * run.stepsPerEpoch()));
    }
  }
}

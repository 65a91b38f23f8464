package dev.myelin.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.model.Model;
import dev.myelin.model.ModelDescription;
import dev.myelin.state.CacheType;
import dev.myelin.state.PageTable;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomSample;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryBudgetTest {
  private static final List<CacheType> TYPES = List.of(CacheType.F16, CacheType.Q8_0);

  @TempDir static Path folder;
  static Checkpoint model;

  @BeforeAll
  static void writeModel() throws Exception {
    model = Checkpoint.of(RandomModel.small("llama").write(folder.resolve("model.gguf")));
  }

  private static MemoryBudget choose(int context, long bytes) {
    return MemoryBudget.choose(
        model, SessionOptions.defaults().withContextLength(context), TYPES, bytes);
  }

  @Test
  void f16IsChosenWhereItFits() {
    MemoryBudget choice = choose(4096, 1L << 40);
    assertThat(choice.options().cacheType()).isEqualTo(CacheType.F16);
    assertThat(choice.options().contextLength()).isEqualTo(4096);
    assertThat(choose(4096, choice.need().totalBytes())).isEqualTo(choice);
  }

  @Test
  void q8IsChosenNext() {
    long enough = choose(4096, 1L << 40).need().totalBytes();
    MemoryBudget choice = choose(4096, enough - 1);
    assertThat(choice.options().cacheType()).isEqualTo(CacheType.Q8_0);
    assertThat(choice.options().contextLength()).isEqualTo(4096);
  }

  @Test
  void thenAShorterContext() {
    MemoryBudget full =
        MemoryBudget.choose(
            model, SessionOptions.defaults(), List.of(CacheType.Q8_0), Long.MAX_VALUE);
    MemoryBudget choice =
        MemoryBudget.choose(model, SessionOptions.defaults(), TYPES, full.need().totalBytes() - 1);
    assertThat(full.options().contextLength()).isEqualTo(512);
    assertThat(choice.options().contextLength()).isEqualTo(512 - PageTable.PAGE);
    assertThat(choice.options().cacheType()).isEqualTo(CacheType.Q8_0);
  }

  @Test
  void aContextThatWasGivenIsKept() {
    long enough =
        MemoryBudget.choose(
                model,
                SessionOptions.defaults().withContextLength(4096),
                List.of(CacheType.Q8_0),
                Long.MAX_VALUE)
            .need()
            .totalBytes();
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> choose(4096, enough - 1))
        .withMessageStartingWith("memory budget ")
        .withMessageContaining("model.gguf needs ")
        .withMessageContaining("q8_0 cache of 4096 tokens");
  }

  @Test
  void aModelThatDoesNotFitIsRefused() {
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> choose(0, 1 << 20))
        .withMessageContaining("memory budget 1 MB")
        .withMessageContaining("cache of 64 tokens");
  }

  /** Against the session's own counts. */
  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen2", "qwen3", "gpt2"})
  void needIsAnUpperBound(String architecture) throws Exception {
    Path file = RandomModel.small(architecture).write(folder.resolve(architecture + ".gguf"));
    MemoryBudget choice =
        MemoryBudget.choose(
            Checkpoint.of(file), SessionOptions.defaults().withBatch(256), TYPES, 1L << 40);
    try (Model loaded = Model.load(file);
        Session session = Session.open(loaded, choice.options())) {
      assertThat(choice.need().cacheBytes()).isCloseTo(session.cacheBytes(), Offset.offset(4096L));
      session.feed(new int[256]);
      session.feed(1);
      assertThat(session.bufferBytes()).isLessThanOrEqualTo(choice.need().bufferBytes());
    }
  }

  @Test
  void snapshotsOfRecurrentStatesHaveWhatIsLeft() throws Exception {
    RandomSample sample = new RandomSample("mamba2", ModelDescription.samples("mamba2").getFirst());
    Checkpoint mamba = Checkpoint.of(sample.write(folder.resolve("mamba2.gguf")));
    SessionOptions options = SessionOptions.defaults().withContextLength(64);
    MemoryBudget full = MemoryBudget.choose(mamba, options, TYPES, Long.MAX_VALUE);
    assertThat(full.options().snapshotBytes()).isEqualTo(options.snapshotBytes());
    long states = ModelDescription.of("mamba2", sample.sample()).states().recurrentBytes();
    assertThat(full.need().cacheBytes()).isEqualTo(2 * states);
    long bytes = full.need().totalBytes() + 1000;
    MemoryBudget tight = MemoryBudget.choose(mamba, options, TYPES, bytes);
    assertThat(tight.options().snapshotBytes()).isEqualTo(1000);
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> MemoryBudget.choose(mamba, options, TYPES, bytes - 1001));
  }
}

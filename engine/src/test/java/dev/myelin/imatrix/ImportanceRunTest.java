package dev.myelin.imatrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;
import dev.myelin.testing.RandomModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Chunks of a text: how many, which, and cancellation. */
class ImportanceRunTest {
  private static final int CHUNK = 32;
  private static final String TEXT = "the quick brown fox jumps over the lazy dog ".repeat(12);
  private static final String QUERY = "blk.1.attn_q.weight";

  @TempDir static Path folder;
  static Model model;
  static int chunks;

  @BeforeAll
  static void load() {
    model = Model.load(RandomModel.small("llama").write(folder.resolve("model.gguf")));
    chunks = model.tokenizer().encode(TEXT, true, false).length / CHUNK;
    assertThat(chunks).isGreaterThan(4);
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static ImportanceOptions options(int maxChunks, int skippedChunks, int batch) {
    SessionOptions session = SessionOptions.defaults().withThreads(1).withBatch(batch);
    return new ImportanceOptions(CHUNK, maxChunks, skippedChunks, false, false, false, session);
  }

  private static ImportanceCollector run(ImportanceOptions options, int expected) {
    ImportanceCollector collector = new ImportanceCollector(false, CHUNK);
    List<String> events = new ArrayList<>();
    int done =
        new ImportanceRun(model, options, collector)
            .run(TEXT, (i, of, perplexity) -> events.add(i + " of " + of + " " + perplexity));
    assertThat(done).isEqualTo(expected);
    assertThat(events).hasSize(expected);
    assertThat(events.getLast()).isEqualTo("%1$d of %1$d NaN".formatted(expected));
    return collector;
  }

  @Test
  void sumsDoNotDependOnBatches() {
    ImportanceMatrix all = run(options(-1, 0, 512), chunks).matrix();
    assertThat(all.chunks()).isEqualTo(chunks);
    assertThat(all.entries().get(QUERY).counts()).containsExactly((long) chunks * CHUNK);
    assertThat(all.entries()).doesNotContainKey("output.weight");

    ImportanceCollector parts = run(options(2, 0, 7), 2);
    parts.add(run(options(-1, 2, 1), chunks - 2).matrix());
    float[] expected = all.entries().get(QUERY).sums();
    float[] sums = parts.matrix().entries().get(QUERY).sums();
    for (int i = 0; i < sums.length; i++) {
      assertThat(sums[i]).isCloseTo(expected[i], within(1e-3f * expected[i]));
    }
  }

  @Test
  void rejectsTooShortText() {
    assertThatThrownBy(
            () ->
                new ImportanceRun(model, options(-1, 0, 32), new ImportanceCollector(false, CHUNK))
                    .run("too short", (i, of, perplexity) -> {}))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("tokens of text: expected at least 64, two chunks of 32");
    assertThatThrownBy(() -> run(options(-1, chunks - 1, 32), 0))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("after those skipped");
  }

  @Test
  void cancellationKeepsCompletedChunks() {
    ImportanceCollector collector = new ImportanceCollector(false, CHUNK);
    ImportanceRun run = new ImportanceRun(model, options(-1, 0, 512), collector);
    int done =
        run.run(
            TEXT,
            (i, of, perplexity) -> {
              if (i == 2) {
                run.cancel();
              }
            });
    assertThat(done).isEqualTo(2);
    assertThat(collector.matrix().chunks()).isEqualTo(2);
    assertThat(run.run(TEXT, (i, of, perplexity) -> {})).isZero();
  }

  @Test
  void rejectsMatrixOfOtherShape() {
    ImportanceCollector collector = new ImportanceCollector(false, CHUNK);
    java.util.TreeMap<String, ImportanceMatrix.Entry> entries = new java.util.TreeMap<>();
    entries.put(QUERY, new ImportanceMatrix.Entry(new float[3], new long[] {1}));
    collector.add(new ImportanceMatrix(entries, List.of(), 1, CHUNK));
    assertThatThrownBy(
            () ->
                new ImportanceRun(model, options(2, 0, 32), collector)
                    .run(TEXT, (i, of, perplexity) -> {}))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining(
            "entry " + QUERY + " has 3 columns in 1 matrices, the model 256 in 1");
  }
}

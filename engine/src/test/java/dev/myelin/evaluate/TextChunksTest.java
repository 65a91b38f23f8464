package dev.myelin.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.CancelledException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.DataSource;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.model.Model;
import dev.myelin.state.CacheType;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomModel;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How texts are split, and what is rejected. */
class TextChunksTest {
  private static final int VOCABULARY = 320;

  @TempDir static Path folder;
  static Model model;

  @BeforeAll
  static void load() {
    model = Model.load(RandomModel.small("llama").write(folder.resolve("model.gguf")));
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static int[] sequentialTokens(int count) {
    return IntStream.range(0, count).map(i -> i % 300 + 3).toArray();
  }

  @Test
  void chunksAreConsecutiveAndStartWithBos() {
    int[] tokens = sequentialTokens(35);
    ChunkOptions options = ChunkOptions.defaults().withContextLength(8);
    TextChunks chunks = TextChunks.ofTokens(model, tokens, options);
    assertThat(chunks.count()).isEqualTo(4);
    assertThat(chunks.predictions()).isEqualTo(3);
    assertThat(chunks.inputs(1)).containsExactly(1, 12, 13, 14, 15, 16, 17);
    assertThat(chunks.position(0)).isEqualTo(4);
    // after position 4 of chunk 1 comes token 13 of the text
    assertThat(chunks.target(1, 0)).isEqualTo(tokens[13]);
    assertThat(chunks.target(3, 2)).isEqualTo(tokens[31]);
    assertThat(chunks.tokens()).isEqualTo(tokens);
    assertThat(TextChunks.ofTokens(model, tokens, options.withChunks(2)).count()).isEqualTo(2);
    assertThat(TextChunks.ofTokens(model, tokens, options.withChunks(9)).count()).isEqualTo(4);
  }

  @Test
  void stridedWindowsOverlap() {
    int[] tokens = sequentialTokens(40);
    ChunkOptions options = ChunkOptions.defaults().withContextLength(8).withStride(4);
    TextChunks windows = TextChunks.ofTokens(model, tokens, options);
    assertThat(windows.contextLength()).isEqualTo(10);
    assertThat(windows.count()).isEqualTo(8);
    assertThat(windows.predictions()).isEqualTo(4);
    assertThat(windows.inputs(1)).containsExactly(7, 8, 9, 10, 11, 12, 13, 14, 15);
    assertThat(windows.target(1, 0)).isEqualTo(tokens[4 + 6]);
    assertThat(windows.target(1, 3)).isEqualTo(tokens[4 + 9]);
    assertThat(windows.isConsecutive()).isFalse();
    assertThatThrownBy(
            () -> new LogitsFileWriter(folder.resolve("never"), windows, VOCABULARY).close())
        .hasMessageContaining("expected no stride");
  }

  @Test
  void contextDefaultsToThatOfModel() {
    Model small =
        Model.load(
            RandomModel.small("llama")
                .withShape(RandomModel.Shape.SMALL.withContextLength(48))
                .write(folder.resolve("small.gguf")));
    try (small) {
      ChunkOptions options = ChunkOptions.defaults();
      assertThat(TextChunks.ofTokens(small, sequentialTokens(96), options).contextLength())
          .isEqualTo(48);
      assertThat(
              TextChunks.ofTokens(small, sequentialTokens(96), options.withStride(10))
                  .contextLength())
          .isEqualTo(48);
      assertThatThrownBy(
              () -> TextChunks.ofTokens(small, sequentialTokens(96), options.withContextLength(49)))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessage("context = 49: this model has 48 positions");
      assertThatThrownBy(
              () ->
                  TextChunks.ofTokens(
                      small, sequentialTokens(96), options.withContextLength(48).withStride(2)))
          .hasMessage("context = 48 + stride / 2: this model has 48 positions");
      assertThatThrownBy(
              () -> TextChunks.ofTokens(small, sequentialTokens(96), options.withStride(48)))
          .hasMessage("stride = 48: expected less than a window's 48 tokens");
    }
  }

  @Test
  void rejectsTooShortText() {
    ChunkOptions options = ChunkOptions.defaults();
    assertThatThrownBy(() -> TextChunks.of(model, "", options))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("the text is empty: expected 1024 tokens, two chunks of 512");
    assertThatThrownBy(() -> TextChunks.ofTokens(model, sequentialTokens(1023), options))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("the text has 1023 tokens: expected 1024 or more, two chunks of 512");
    assertThat(TextChunks.ofTokens(model, sequentialTokens(1024), options).count()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "2        | 0  | -1 | context = 2: expected 3 to 16777216 tokens per chunk",
        "-1       | 0  | -1 | context = -1: expected 3 to",
        "99999999 | 0  | -1 | context = 99999999: expected 3 to",
        "8        | -1 | -1 | stride = -1: expected 1 or more, or 0",
        "8        | 0  | 0  | chunks = 0: expected 1 or more, or -1",
      })
  void rejectsOptionsOutOfRange(int context, int stride, int chunks, String message) {
    assertThatThrownBy(() -> new ChunkOptions(context, stride, chunks))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining(message);
  }

  private static SessionOptions session(int context) {
    return SessionOptions.defaults()
        .withContextLength(context)
        .withThreads(1)
        .withCacheType(CacheType.F32);
  }

  @Test
  void rejectsSessionWithShorterContext() {
    ChunkOptions options = ChunkOptions.defaults().withContextLength(32);
    TextChunks chunks = TextChunks.ofTokens(model, sequentialTokens(64), options);
    try (Session open = Session.open(model, session(31))) {
      assertThatThrownBy(() -> Perplexity.measure(open, chunks, step -> {}))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessage("context = 31: expected 32, the tokens of a chunk");
    }
  }

  @Test
  void cancellationKeepsCompletedChunks() {
    ChunkOptions options = ChunkOptions.defaults().withContextLength(16);
    TextChunks chunks = TextChunks.ofTokens(model, sequentialTokens(80), options);
    try (Session open = Session.open(model, session(16))) {
      PerplexityResult result =
          Perplexity.measure(
              open,
              chunks,
              step -> {
                if (step.chunks() == 3) {
                  open.cancel();
                }
              });
      assertThat(result.chunks()).isEqualTo(3);
      assertThat(result.totalChunks()).isEqualTo(5);
      assertThat(result.isComplete()).isFalse();
      assertThatThrownBy(() -> Perplexity.measure(open, chunks, step -> {}))
          .isInstanceOf(CancelledException.class)
          .hasMessage("cancelled before the first chunk was done");
    }
  }

  /** A model whose embedding of one token is NaN. */
  private static Path modelWithNaNEmbedding(int token) {
    Path file = folder.resolve("nan.gguf");
    MemorySegment valid = RandomModel.small("llama").writer().toBytes();
    try (GgufFile from = GgufFile.of(Path.of("valid.gguf"), valid)) {
      GgufWriter writer = new GgufWriter().putAll(from.metadata());
      for (TensorInfo t : from.tensors()) {
        MemorySegment data = MemorySegment.ofArray(from.data(t).toArray(ValueLayout.JAVA_BYTE));
        long[] dims = t.shape().stream().mapToLong(Long::longValue).toArray();
        if (t.name().equals("token_embd.weight")) {
          data.set(ValueLayout.JAVA_FLOAT_UNALIGNED, token * dims[0] * Float.BYTES, Float.NaN);
        }
        writer.tensor(t.name(), t.type(), dims, DataSource.of(data));
      }
      writer.write(file);
    }
    return file;
  }

  @Test
  void rejectsNaNLogitsNamingChunk() {
    int[] tokens = Logits.randomTokens(4 * 16, 200, 9);
    tokens[2 * 16 + 10] = 300;
    Path broken = modelWithNaNEmbedding(300);
    ChunkOptions options = ChunkOptions.defaults().withContextLength(16);
    try (Model nan = Model.load(broken);
        Session open = Session.open(nan, session(16));
        Session valid = Session.open(model, session(16))) {
      TextChunks chunks = TextChunks.ofTokens(nan, tokens, options);
      String expected =
          broken + ": chunk 3, position 10: logits are NaN or infinite: expected finite numbers";
      assertThatThrownBy(() -> Perplexity.measure(open, chunks, step -> {}))
          .isInstanceOf(ModelFileException.class)
          .hasMessage(expected);
      assertThatThrownBy(() -> KlDivergence.measure(open, valid, chunks, step -> {}))
          .hasMessage(expected);
      assertThatThrownBy(() -> KlDivergence.measure(valid, open, chunks, step -> {}))
          .hasMessage(expected);
    }
  }
}

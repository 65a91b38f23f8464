package dev.myelin.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomModel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of log-probabilities: round trip, and rejection of invalid files. */
class LogitsFileTest {
  private static final int CONTEXT = 8;
  private static final int VOCABULARY = 320;
  private static final int CHUNKS = 3;
  private static final int ROWS = 3;
  private static final int ROW_BYTES = 8 + 2 * VOCABULARY;
  private static final int FIRST_ROW = 20 + CHUNKS * CONTEXT * 4;

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

  /** A valid file in which all tokens are equally likely. */
  private static ByteBuffer validFile() {
    int size = FIRST_ROW + CHUNKS * ROWS * ROW_BYTES;
    ByteBuffer bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put("_logits_".getBytes(StandardCharsets.US_ASCII));
    bytes.putInt(CONTEXT).putInt(VOCABULARY).putInt(CHUNKS);
    for (int i = 0; i < CHUNKS * CONTEXT; i++) {
      bytes.putInt(3 + i);
    }
    for (int row = 0; row < CHUNKS * ROWS; row++) {
      int at = FIRST_ROW + row * ROW_BYTES;
      bytes.putFloat(at, 0).putFloat(at + 4, (float) -Math.log(VOCABULARY));
    }
    return bytes;
  }

  private static Path write(ByteBuffer bytes) throws Exception {
    return Files.write(folder.resolve("file.logits"), bytes.array());
  }

  private static KlStatistics compare(Path file) {
    SessionOptions options = SessionOptions.defaults().withContextLength(CONTEXT).withThreads(1);
    try (LogitsFile logits = LogitsFile.open(file);
        Session session = Session.open(model, options)) {
      TextChunks chunks = TextChunks.of(model, logits, ChunkOptions.ALL);
      return KlDivergence.measure(session, logits, chunks, step -> {}).statistics();
    }
  }

  @Test
  void readsValidFile() throws Exception {
    Path file = write(validFile());
    assertThat(LogitsFile.isLogitsFile(file)).isTrue();
    assertThat(LogitsFile.isLogitsFile(model.file().path())).isFalse();
    assertThat(LogitsFile.isLogitsFile(folder)).isFalse();
    assertThat(LogitsFile.isLogitsFile(folder.resolve("none"))).isFalse();
    KlStatistics figures = compare(file);
    assertThat(figures.originalPerplexity().value()).isCloseTo(VOCABULARY, within(0.01));
    assertThat(figures.originalPerplexity().error()).isCloseTo(0, within(1e-6));
    assertThat(figures.predictions()).isEqualTo(CHUNKS * ROWS);
  }

  private record Corruption(String message, Consumer<ByteBuffer> change) {
    @Override
    public String toString() {
      return message;
    }
  }

  static Stream<Corruption> corruptions() {
    return Stream.of(
        new Corruption("not a file of logits: expected it to start", b -> b.put(3, (byte) 'x')),
        new Corruption("context = 2: expected 3 to", b -> b.putInt(8, 2)),
        new Corruption("context = -8: expected 3 to", b -> b.putInt(8, -8)),
        new Corruption("vocabulary = 0: expected 1 to", b -> b.putInt(12, 0)),
        new Corruption("vocabulary = -2147483648: expected", b -> b.putInt(12, Integer.MIN_VALUE)),
        new Corruption("chunks = 0: expected 1 to", b -> b.putInt(16, 0)),
        new Corruption("chunks = -1: expected 1 to", b -> b.putInt(16, -1)),
        new Corruption("4 chunks of 8 tokens, vocabulary 320: expected ", b -> b.putInt(16, 4)),
        new Corruption("2 chunks of 8 tokens, vocabulary 320: expected ", b -> b.putInt(16, 2)),
        new Corruption("vocabulary 322: expected ", b -> b.putInt(12, 322)),
        new Corruption(
            "expected more than any bytes, the file has",
            b -> b.putInt(8, 1 << 24).putInt(12, 1 << 28).putInt(16, Integer.MAX_VALUE)),
        new Corruption("token 5 = 320: expected 0 to 319", b -> b.putInt(20 + 5 * 4, 320)),
        new Corruption("token 0 = -1: expected 0 to 319", b -> b.putInt(20, -1)),
        new Corruption("chunk 1, row 0: scale NaN, ", b -> b.putFloat(FIRST_ROW, Float.NaN)),
        new Corruption("chunk 1, row 0: scale -1.0, ", b -> b.putFloat(FIRST_ROW, -1)),
        new Corruption("chunk 1, row 0: scale 1.0, ", b -> b.putFloat(FIRST_ROW, 1)),
        new Corruption(
            "chunk 2, row 1: scale 0.0, smallest log-probability NaN: expected log-prob",
            b -> b.putFloat(FIRST_ROW + 4 * ROW_BYTES + 4, Float.NaN)),
        new Corruption(
            "smallest log-probability -Infinity: expected log-prob",
            b -> b.putFloat(FIRST_ROW + 4, Float.NEGATIVE_INFINITY)),
        new Corruption(
            "chunk 3, row 2: scale 0.0, smallest log-probability 0.5: expected log-prob",
            b -> b.putFloat(FIRST_ROW + 8 * ROW_BYTES + 4, 0.5f)));
  }

  @ParameterizedTest
  @MethodSource("corruptions")
  void rejectsCorruptFileNamingField(Corruption corruption) throws Exception {
    ByteBuffer bytes = validFile();
    corruption.change.accept(bytes);
    Path file = write(bytes);
    assertThatThrownBy(() -> compare(file))
        .isInstanceOf(ModelFileException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(corruption.message);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 7, 19, 20, 40, FIRST_ROW, FIRST_ROW + 5 * ROW_BYTES - 1})
  void rejectsTruncatedFile(int length) throws Exception {
    Path file = Files.write(folder.resolve("cut"), Arrays.copyOf(validFile().array(), length));
    assertThatThrownBy(() -> LogitsFile.open(file))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("expected ");
  }

  @Test
  void rejectsFileOfOtherModel() throws Exception {
    Path file = write(validFile());
    RandomModel.Shape shape = RandomModel.Shape.SMALL.withContextLength(7);
    Path narrow = RandomModel.small("llama").withShape(shape).write(folder.resolve("7.gguf"));
    RandomModel.Shape more = new RandomModel.Shape(1, 256, 8, 2, 32, 512, 352, 512);
    Path larger = RandomModel.small("llama").withShape(more).write(folder.resolve("352.gguf"));
    try (LogitsFile logits = LogitsFile.open(file);
        Model small = Model.load(narrow);
        Model large = Model.load(larger)) {
      assertThatThrownBy(() -> TextChunks.of(small, logits, ChunkOptions.ALL))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessage(
              file + ": chunks of 8 tokens: expected at most 7, the positions of " + narrow);
      assertThatThrownBy(() -> TextChunks.of(large, logits, ChunkOptions.ALL))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessage(file + ": logits of 320 tokens: expected 352, the vocabulary of " + larger);
    }
    assertThatThrownBy(() -> LogitsFile.open(folder.resolve("none")))
        .isInstanceOf(ModelFileException.class)
        .hasMessageEndingWith("none: cannot be read: no such file");
    assertThatThrownBy(() -> LogitsFile.open(folder)).hasMessageContaining("this is a folder");
  }

  @Test
  void rejectsLogitsOfOtherChunks() throws Exception {
    int[] others = Logits.randomTokens(CHUNKS * CONTEXT, VOCABULARY, 1);
    SessionOptions options = SessionOptions.defaults().withContextLength(CONTEXT).withThreads(1);
    try (LogitsFile logits = LogitsFile.open(write(validFile()));
        Session session = Session.open(model, options)) {
      TextChunks chunks =
          TextChunks.ofTokens(model, others, ChunkOptions.defaults().withContextLength(CONTEXT));
      assertThatThrownBy(() -> KlDivergence.measure(session, logits, chunks, step -> {}))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("expected logits of the same chunks of tokens");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 33, 320, 1001})
  void rowsRoundTripWithinHalfStep(int vocabulary) {
    LogitsFormat format = new LogitsFormat(CONTEXT, vocabulary, 1);
    assertThat(format.rowBytes()).isEqualTo(8 + 2 * (vocabulary + vocabulary % 2));
    Random random = new Random(vocabulary);
    Distribution written = new Distribution(vocabulary);
    Distribution read = new Distribution(vocabulary);
    for (double width : new double[] {0, 0.5, 3, 30}) {
      for (int i = 0; i < vocabulary; i++) {
        written.values()[i] = (float) (random.nextGaussian() * width);
      }
      written.fromLogits();
      ByteBuffer row = format.rowBuffer();
      format.encode(written, row);
      assertThat(row.remaining()).isEqualTo(format.rowBytes());
      format.decode(row, read, Path.of("file"), 0, 0);
      double max = written.logProbability(written.argmax());
      double step = row.getFloat(0);
      for (int i = 0; i < vocabulary; i++) {
        double expected = Math.max(written.logProbability(i), max - 16);
        assertThat(read.logProbability(i)).isCloseTo(expected, within(0.51 * step + 1e-5));
      }
    }
  }

  @Test
  void writesNoFileWithoutCommit() throws Exception {
    Path place = Files.createDirectory(folder.resolve("place"));
    int[] tokens = Logits.randomTokens(CHUNKS * CONTEXT, VOCABULARY, 1);
    TextChunks chunks =
        TextChunks.ofTokens(model, tokens, ChunkOptions.defaults().withContextLength(CONTEXT));
    new LogitsFileWriter(place.resolve("a"), chunks, VOCABULARY).close();
    try (Stream<Path> left = Files.list(place)) {
      assertThat(left).isEmpty();
    }
    assertThatThrownBy(() -> new LogitsFileWriter(place, chunks, VOCABULARY).close())
        .isInstanceOf(ModelFileException.class)
        .hasMessage(place + ": this is a folder: expected a file to write");
    Path nowhere = place.resolve("no/file");
    assertThatThrownBy(() -> new LogitsFileWriter(nowhere, chunks, VOCABULARY).close())
        .isInstanceOf(ModelFileException.class)
        .hasMessage(nowhere + ": cannot be written: no such folder");
  }
}

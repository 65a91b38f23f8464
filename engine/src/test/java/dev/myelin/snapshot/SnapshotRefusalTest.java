package dev.myelin.snapshot;

import static dev.myelin.testing.RandomModel.Feature.ROPE_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.adapter.Adapter;
import dev.myelin.error.ModelFileException;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;
import dev.myelin.model.ModelDescription;
import dev.myelin.state.CacheType;
import dev.myelin.testing.RandomAdapter;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomSample;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a session does not restore: the message names the file and the reason. */
class SnapshotRefusalTest {
  private static final SessionOptions OPTIONS =
      SessionOptions.defaults().withContextLength(128).withThreads(1);
  private static final RandomSample LLAMA =
      new RandomSample("llama", ModelDescription.samples("llama").getFirst());

  @TempDir Path folder;

  private Path snapshot;
  private Model model;
  private byte[] valid;

  @BeforeEach
  void save() throws Exception {
    snapshot = folder.resolve("s.snapshot");
    model = Model.load(LLAMA.write(folder.resolve("model.gguf")));
    try (Session session = Session.open(model, OPTIONS)) {
      session.feed(new int[70]);
      session.save(snapshot);
    }
    valid = Files.readAllBytes(snapshot);
  }

  @AfterEach
  void close() {
    model.close();
  }

  private void assertRefused(Model by, SessionOptions options, String... reasons) {
    try (Session session = Session.open(by, options)) {
      assertThatThrownBy(() -> session.restore(snapshot))
          .isInstanceOf(ModelFileException.class)
          .hasMessageStartingWith(snapshot.toString())
          .hasMessageContainingAll(reasons);
      assertThat(session.position()).isZero();
      session.feed(1, 2, 3);
      assertThat(session.position()).isEqualTo(3);
    }
  }

  private void assertRefused(String... reasons) {
    assertRefused(model, OPTIONS, reasons);
  }

  @Test
  void anotherModel() {
    RandomSample other = new RandomSample("llama", LLAMA.sample(), 2);
    try (Model second = Model.load(other.write(folder.resolve("other.gguf")))) {
      assertThat(second.identity()).isNotEqualTo(model.identity());
      assertRefused(
          second,
          OPTIONS,
          "model " + model.identity().substring(0, 12),
          second.identity().substring(0, 12));
    }
  }

  @Test
  void anotherAdapterOrScale() {
    Path adapter =
        RandomAdapter.ofRank(2).write(folder.resolve("adapter.gguf"), folder.resolve("model.gguf"));
    try (Model adapted = Model.load(folder.resolve("model.gguf"), List.of(Adapter.of(adapter)));
        Model half =
            Model.load(folder.resolve("model.gguf"), List.of(new Adapter(adapter, 0.5f)))) {
      assertThat(List.of(model.identity(), adapted.identity(), half.identity()))
          .doesNotHaveDuplicates();
      assertRefused(adapted, OPTIONS, "with its adapters and their scales");
    }
  }

  @Test
  void aCopyOfTheModelHasTheSameIdentity() throws Exception {
    Path copy = Files.copy(folder.resolve("model.gguf"), folder.resolve("copy.gguf"));
    try (Model same = Model.load(copy)) {
      assertThat(same.identity()).isEqualTo(model.identity()).matches("[0-9a-f]{64}");
    }
  }

  @Test
  void anotherCacheType() {
    assertRefused(
        model, OPTIONS.withCacheType(CacheType.F32), "cache type of keys f16", "expected f32");
    assertRefused(
        model,
        OPTIONS.withCacheTypes(CacheType.F16, CacheType.F32),
        "cache type of values f16",
        "expected f32");
  }

  /** The model has other factors for positions in contexts of more than 256 tokens. */
  @Test
  void aContextOfAnotherClass() {
    Path file = RandomModel.small("llama").with(ROPE_LONG).write(folder.resolve("longrope.gguf"));
    try (Model longrope = Model.load(file)) {
      assertThat(model.contextClass(1 << 20)).isEqualTo(model.contextClass(1));
      assertThat(longrope.contextClass(257)).isNotEqualTo(longrope.contextClass(256));
      try (Session session = Session.open(longrope, OPTIONS.withContextLength(256))) {
        session.feed(1, 2, 3);
        session.save(snapshot);
      }
      assertRefused(longrope, OPTIONS.withContextLength(257), "context class 0", "expected 1");
      try (Session session = Session.open(longrope, OPTIONS.withContextLength(100))) {
        session.restore(snapshot);
        assertThat(session.tokens()).containsExactly(1, 2, 3);
      }
    }
  }

  @Test
  void aShorterContext() {
    assertRefused(model, OPTIONS.withContextLength(64), "70 tokens", "expected at most 64");
  }

  @Test
  void missingFilesAndOtherFiles() throws Exception {
    Files.delete(snapshot);
    assertRefused("no such file");
    Files.createDirectory(snapshot);
    assertRefused("this is a folder");
    Files.delete(snapshot);
    Files.write(snapshot, new byte[0]);
    assertRefused("cut: the file ends before");
    Files.copy(
        folder.resolve("model.gguf"), snapshot, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertRefused("no snapshot of a sequence");
  }

  @Test
  void anotherVersion() throws Exception {
    write(bytes -> bytes.putInt(8, 2));
    assertRefused("format version 2", "expected 1");
  }

  @Test
  void cutAndLonger() throws Exception {
    Files.write(snapshot, Arrays.copyOf(valid, valid.length - 1));
    assertRefused((valid.length - 1) + " bytes", "expected " + valid.length);
    Files.write(snapshot, Arrays.copyOf(valid, valid.length + 1));
    assertRefused((valid.length + 1) + " bytes", "expected " + valid.length);
  }

  @Test
  void damaged() throws Exception {
    for (int at : new int[] {20, 120, valid.length - 1, valid.length / 2}) {
      write(bytes -> bytes.put(at, (byte) ~bytes.get(at)));
      assertRefused("damaged");
    }
  }

  @Test
  void lyingNumbers() throws Exception {
    // offsets: tokens 60, encoder 64, flags 68, extra 72, recurrent 76, pages of a class 84
    writeHeader(60, Integer.MAX_VALUE);
    assertRefused("tokens = 2147483647", "expected 0 to");
    writeHeader(60, -1);
    assertRefused("tokens = -1", "expected 0 to");
    writeHeader(60, 1 << 28);
    assertRefused(valid.length + " bytes", "expected");
    writeHeader(60, 71);
    assertRefused("bytes", "expected");
    writeHeader(64, 5);
    assertRefused("5 tokens of the encoder", "expected at most 0");
    writeHeader(68, 2);
    assertRefused("flags = 2");
    writeHeader(68, 0);
    assertRefused("pages");
    writeHeader(72, 1 << 30);
    assertRefused("bytes of the application = " + (1 << 30));
    writeHeader(76, 1 << 30);
    assertRefused("states of");
    writeHeader(84, 1);
    assertRefused("pages", "expected those of 70 tokens");
    writeHeader(88, Integer.MAX_VALUE);
    assertRefused(valid.length + " bytes", "expected");
    writeHeader(92, 1 << 30);
    assertRefused("states of");
  }

  @Test
  void tokensOutsideTheVocabulary() throws Exception {
    int header = ByteBuffer.wrap(valid).order(ByteOrder.LITTLE_ENDIAN).getInt(12) * 16 + 88;
    byte[] bytes = valid.clone();
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(header + 8, 1 << 20);
    putCrc(bytes, header, header + 4 * 70);
    Files.write(snapshot, bytes);
    assertRefused("token " + (1 << 20), "expected 0 to");
  }

  private interface Change {
    void apply(ByteBuffer bytes);
  }

  private void write(Change change) throws Exception {
    byte[] bytes = valid.clone();
    change.apply(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
    Files.write(snapshot, bytes);
  }

  /** Changes a number of the header, and corrects its checksum. */
  private void writeHeader(int offset, int value) throws Exception {
    byte[] bytes = valid.clone();
    ByteBuffer numbers = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    numbers.putInt(offset, value);
    putCrc(bytes, 0, numbers.getInt(12) * 16 + 84);
    Files.write(snapshot, bytes);
  }

  private static void putCrc(byte[] bytes, int from, int end) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, end - from);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(end, (int) crc.getValue());
  }
}

package dev.myelin.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.error.MyelinException;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;
import dev.myelin.model.ModelDescription;
import dev.myelin.state.StateLayout;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomSample;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A mutation of a snapshot is refused with an exception, and the session stays empty, or it is
 * restored, and can be computed with. The system properties {@code fuzz.mutations} and {@code
 * fuzz.seed} choose how many and which ones.
 */
class SnapshotFuzzTest {
  private static final int MUTATIONS = Integer.getInteger("fuzz.mutations", 400);
  private static final long SEED = Long.getLong("fuzz.seed", 1);
  private static final int TOKENS = 90;
  private static final int CONTEXT = 128;
  private static final SessionOptions OPTIONS =
      SessionOptions.defaults().withContextLength(CONTEXT).withThreads(1).withBatch(64);
  private static final int[] VALUES = {
    0,
    1,
    2,
    63,
    64,
    65,
    127,
    128,
    129,
    255,
    256,
    1 << 16,
    1 << 26,
    1 << 29,
    1 << 30,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    -1,
    -2,
    -64,
    0x7f800000,
    0x7fc00000,
    0x7c007c00
  };

  @TempDir static Path folder;

  private Random random;
  private int restored;
  private int refused;

  @ParameterizedTest
  @ValueSource(strings = {"llama", "gemma3", "mamba2", "falcon-h1", "deepseek32", "t5"})
  void survivesMutations(String architecture) throws Exception {
    RandomSample sample =
        new RandomSample(architecture, ModelDescription.samples(architecture).getFirst());
    random = new Random(SEED);
    Path file = folder.resolve("fuzz.snapshot");
    try (Model model = Model.load(sample.write(folder.resolve("model.gguf")))) {
      int[] tokens = Logits.randomTokens(TOKENS + 1, model.info().vocabulary(), 1);
      float[] expected;
      try (Session session = Session.open(model, OPTIONS)) {
        if (model.info().hasEncoder()) {
          session.encode(Arrays.copyOf(tokens, 30));
        }
        session.feed(Arrays.copyOf(tokens, TOKENS));
        session.save(file);
        expected = session.feed(tokens[TOKENS]).toArray(ValueLayout.JAVA_FLOAT);
      }
      byte[] valid = Files.readAllBytes(file);
      int[] sections = sections(valid, file);
      Session session = Session.open(model, OPTIONS);
      try {
        for (int i = 0; i < MUTATIONS; i++) {
          if (model.info().hasEncoder()) {
            session.close();
            session = Session.open(model, OPTIONS);
          }
          check(session, mutated(valid, sections), file, "mutation " + i);
          if (i % 20 == 0) {
            // what was refused or restored before has left nothing
            session.close();
            session = Session.open(model, OPTIONS);
            Files.write(file, valid);
            session.restore(file);
            float[] actual = session.feed(tokens[TOKENS]).toArray(ValueLayout.JAVA_FLOAT);
            assertThat(Arrays.equals(actual, expected)).as("bits after mutation %s", i).isTrue();
            session.truncate(0);
          }
        }
      } finally {
        session.close();
      }
    }
    assertThat(refused).as("refused").isPositive();
    assertThat(restored).as("restored").isPositive();
  }

  private void check(Session session, byte[] bytes, Path file, String what) throws IOException {
    Files.write(file, bytes);
    try {
      session.restore(file);
    } catch (MyelinException e) {
      refused++;
      assertThat(session.position()).as(what).isZero();
      assertThat(e).as(what).hasMessageStartingWith(file.toString()).hasNoSuppressedExceptions();
      assertThat(e.getMessage()).as(what).doesNotContain("\n");
      return;
    }
    restored++;
    if (session.position() < CONTEXT && random.nextInt(4) == 0) {
      session.feed(1);
    }
    session.truncate(0);
  }

  private byte[] mutated(byte[] valid, int[] sections) {
    byte[] bytes = valid.clone();
    ByteBuffer numbers = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int changes = 1 + random.nextInt(3);
    for (int i = 0; i < changes; i++) {
      int at = place(bytes.length, sections);
      switch (random.nextInt(5)) {
        case 0 -> bytes[at] = (byte) random.nextInt(256);
        case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> numbers.putInt(at & ~3, VALUES[random.nextInt(VALUES.length)]);
        case 3 -> numbers.putInt(at & ~3, numbers.getInt(at & ~3) + random.nextInt(-2, 3));
        default -> numbers.putLong(at & ~7, random.nextLong() >> random.nextInt(64));
      }
    }
    switch (random.nextInt(8)) {
      case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
      case 1 -> bytes = Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(100));
      default -> {}
    }
    if (random.nextInt(4) != 0) {
      repair(bytes, sections);
    }
    return bytes;
  }

  /** Half of the changes are in the header. */
  private int place(int length, int[] sections) {
    int end = random.nextInt(2) == 0 ? sections[0] : length;
    return random.nextInt(end - 8);
  }

  /** The ends of the sections with their checksums, the header first. */
  private static int[] sections(byte[] valid, Path file) {
    ByteBuffer bytes = ByteBuffer.wrap(valid);
    int headerBytes = SnapshotHeader.bytes(bytes.slice(0, SnapshotHeader.PREFIX_BYTES), file);
    SnapshotHeader header = SnapshotHeader.decode(bytes.slice(0, headerBytes), file);
    StateLayout layout = header.layout();
    List<Integer> ends = new java.util.ArrayList<>();
    int at = headerBytes;
    ends.add(at);
    ends.add(at += 4 * header.extent().length() + 4);
    ends.add(at += header.extraBytes() + 4);
    for (int i = 0; i < layout.pageBytes().size(); i++) {
      for (int page = 0; page < header.extent().pages().get(i).count(); page++) {
        ends.add(at += Math.toIntExact(layout.pageBytes().get(i)) + 4);
      }
    }
    if (layout.recurrentBytes() > 0) {
      ends.add(at += Math.toIntExact(layout.recurrentBytes()) + 4);
    }
    assertThat(at).isEqualTo(valid.length);
    return ends.stream().mapToInt(Integer::intValue).toArray();
  }

  /** Makes the checksums valid, so that the other checks are reached. */
  private static void repair(byte[] bytes, int[] sections) {
    int from = 0;
    for (int end : sections) {
      if (end > bytes.length) {
        break;
      }
      CRC32C crc = new CRC32C();
      crc.update(bytes, from, end - 4 - from);
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(end - 4, (int) crc.getValue());
      from = end;
    }
  }
}

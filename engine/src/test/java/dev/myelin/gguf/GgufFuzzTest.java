package dev.myelin.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.error.ModelFileException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A mutation of a valid file either opens and passes all checks, or is rejected with a one-line
 * message. Either way, allocation is bounded. Seeds are fixed and time is limited.
 */
class GgufFuzzTest {
  private static final Path NAME = Path.of("fuzz.gguf");

  /** The limit for each test on a busy machine. On an idle one, each takes about a second. */
  private static final Duration TIME_LIMIT = Duration.ofSeconds(3);

  private static final int ROUNDS = 4_000;

  private static final long[] BOUNDARY_VALUES = {
    0,
    1,
    2,
    3,
    4,
    5,
    7,
    8,
    9,
    12,
    13,
    31,
    32,
    33,
    63,
    64,
    65,
    127,
    128,
    255,
    256,
    4096,
    65535,
    65536,
    1L << 20,
    (1L << 31) - 1,
    1L << 31,
    (1L << 32) - 1,
    1L << 32,
    1L << 60,
    1L << 61,
    1L << 62,
    Long.MAX_VALUE - 31,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    -64,
    -32,
    -8,
    -2,
    -1
  };

  private static final List<byte[]> VALID_FILES =
      List.of(
          RawGguf.valid().build(),
          RawGguf.valid().version(2).build(),
          fileOfEveryValueType(3),
          fileOfEveryValueType(2));

  private int opened;
  private int rejected;

  /** Every value type, four tensors, alignment 8. */
  private static byte[] fileOfEveryValueType(int version) {
    GgufWriter writer = new GgufWriter().version(version).alignment(8);
    for (GgufValueType type : GgufValueType.values()) {
      if (type.bytes() > 0) {
        Object one = type == GgufValueType.BOOL ? (Object) true : (Object) 1;
        writer.put(type.shortName(), type, one);
        writer.putArray("a." + type.shortName(), type, new Object[] {one, one, one});
      }
    }
    writer.put("text", "text").put("words", new String[] {"one", "", "three"});
    for (GgmlType type : List.of(GgmlType.F32, GgmlType.Q4_0, GgmlType.Q6_K, GgmlType.I8)) {
      DataSource zeros = sink -> sink.write(MemorySegment.ofArray(new byte[2 * type.blockBytes()]));
      writer.tensor("w." + type.ggmlName(), type, new long[] {type.blockSize(), 2}, zeros);
    }
    return writer.toBytes().toArray(ValueLayout.JAVA_BYTE);
  }

  /** Overwrites 4 and 8 bytes at every offset of a small file with every boundary value. */
  @Test
  void survivesEveryOverwrittenField() {
    long deadline = System.nanoTime() + TIME_LIMIT.toNanos();
    byte[] valid = VALID_FILES.getFirst();
    for (int offset = 0; offset <= valid.length - 8 && System.nanoTime() < deadline; offset++) {
      for (long value : BOUNDARY_VALUES) {
        check(overwritten(valid, offset, value, 8));
        check(overwritten(valid, offset, value, 4));
      }
    }
    assertThat(opened).isPositive();
    assertThat(rejected).isPositive();
  }

  /** The same for a file of all value and tensor types, with random boundary values. */
  @Test
  void survivesOverwrittenFieldsOfEveryType() {
    long deadline = System.nanoTime() + TIME_LIMIT.toNanos();
    Random random = new Random(0);
    byte[] valid = VALID_FILES.get(2);
    for (int offset = 0; offset <= valid.length - 8 && System.nanoTime() < deadline; offset++) {
      for (int n = 0; n < 8; n++) {
        long value = BOUNDARY_VALUES[random.nextInt(BOUNDARY_VALUES.length)];
        check(overwritten(valid, offset, value, random.nextBoolean() ? 4 : 8));
      }
    }
  }

  @Test
  void survivesTruncationAtEveryLength() {
    for (byte[] valid : VALID_FILES) {
      for (int length = 0; length < valid.length; length++) {
        check(Arrays.copyOf(valid, length));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void survivesRandomMutations(long seed) {
    Random random = new Random(seed);
    long deadline = System.nanoTime() + TIME_LIMIT.toNanos();
    for (int round = 0; round < ROUNDS && System.nanoTime() < deadline; round++) {
      byte[] file = VALID_FILES.get(random.nextInt(VALID_FILES.size())).clone();
      for (int n = 1 + random.nextInt(4); n > 0 && file.length > 16; n--) {
        file = mutated(file, random);
      }
      check(file);
    }
  }

  private static byte[] mutated(byte[] file, Random random) {
    int offset = random.nextInt(file.length);
    long value = BOUNDARY_VALUES[random.nextInt(BOUNDARY_VALUES.length)];
    switch (random.nextInt(10)) {
      case 0, 1 -> file[offset] ^= (byte) (1 << random.nextInt(8));
      case 2 -> file[offset] = (byte) random.nextInt(256);
      case 3 -> {
        return overwritten(file, Math.min(offset, file.length - 8), value, 8);
      }
      case 4 -> {
        return overwritten(file, Math.min(offset, file.length - 8), value, 4);
      }
      case 5 -> {
        return Arrays.copyOf(file, offset);
      }
      case 6 -> swap(file, random);
      case 7 -> { // zeros appended, so that counts and lengths fit the file
        return Arrays.copyOf(file, file.length + random.nextInt(1 << 15));
      }
      case 8 -> {
        return spliced(file, offset, random.nextInt(24), 0); // some bytes removed
      }
      default -> {
        return spliced(file, offset, 0, random.nextInt(24)); // some bytes repeated
      }
    }
    return file;
  }

  private static byte[] overwritten(byte[] file, int offset, long value, int bytes) {
    byte[] changed = file.clone();
    ByteBuffer buffer = ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN);
    if (bytes == 8) {
      buffer.putLong(offset, value);
    } else {
      buffer.putInt(offset, (int) value);
    }
    return changed;
  }

  private static void swap(byte[] file, Random random) {
    int length = 1 + random.nextInt(Math.min(40, file.length / 2));
    int a = random.nextInt(file.length - length);
    int b = random.nextInt(file.length - length);
    byte[] slice = Arrays.copyOfRange(file, a, a + length);
    System.arraycopy(file, b, file, a, length);
    System.arraycopy(slice, 0, file, b, length);
  }

  /** Removes {@code removed} bytes at {@code at}, or repeats {@code repeated} bytes. */
  private static byte[] spliced(byte[] file, int offset, int removed, int repeated) {
    int from = Math.max(0, Math.min(file.length, offset + removed - repeated));
    byte[] changed = Arrays.copyOf(file, offset + file.length - from);
    System.arraycopy(file, from, changed, offset, file.length - from);
    return changed;
  }

  private void check(byte[] bytes) {
    MemorySegment segment = RawGguf.segment(bytes);
    GgufFile[] file = new GgufFile[1];
    ModelFileException[] error = new ModelFileException[1];
    try {
      Runnable open =
          () -> {
            try {
              file[0] = GgufFile.of(NAME, segment);
            } catch (ModelFileException e) {
              error[0] = e;
            }
          };
      if (HeapAllocation.exceeds(HeapAllocation.limit(bytes.length), open)) {
        throw new AssertionError("allocates more than " + HeapAllocation.limit(bytes.length));
      }
      if (file[0] != null) {
        opened++;
        OpenFileChecks.checkAll(file[0]);
        file[0].close();
      } else {
        rejected++;
        requireOneLine(error[0].getMessage());
      }
    } catch (RuntimeException | Error e) {
      throw new AssertionError("file " + HexFormat.of().formatHex(bytes), e);
    }
  }

  private static void requireOneLine(String message) {
    if (!message.startsWith("fuzz.gguf: ")
        || !message.contains("expected ")
        || message.length() > 300
        || message.chars().anyMatch(Character::isISOControl)) {
      throw new AssertionError("message: " + message);
    }
  }
}

package dev.myelin.snapshot;

import dev.myelin.error.ModelFileException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.state.CacheType;
import dev.myelin.state.StateExtent;
import dev.myelin.state.StateLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The beginning of a snapshot: of which model, how many tokens and which states follow. All numbers
 * are little-endian. Immutable and thread-safe.
 *
 * @param layout the sizes of the states
 * @param extraBytes of the application's data
 */
record SnapshotHeader(SnapshotKey key, StateExtent extent, StateLayout layout, int extraBytes) {
  static final int VERSION = 1;

  /** Magic, version, number of classes. */
  static final int PREFIX_BYTES = 16;

  /** Each section ends with its CRC-32C. */
  static final int CRC_BYTES = 4;

  static final int MAX_EXTRA_BYTES = 1 << 26;

  private static final byte[] MAGIC = "MYELINSQ".getBytes(StandardCharsets.US_ASCII);
  private static final int IDENTITY_BYTES = 32;
  private static final int FIXED_BYTES = PREFIX_BYTES + IDENTITY_BYTES + 7 * 4 + 8;
  private static final int CLASS_BYTES = 16;
  private static final int MAX_CLASSES = 64;
  private static final int HAS_STATES = 1;
  private static final int MAX_TOKENS = (1 << 29) - 1;

  /** Bytes of the header with its CRC. */
  int bytes() {
    return bytes(layout.pageBytes().size());
  }

  private static int bytes(int classes) {
    return FIXED_BYTES + classes * CLASS_BYTES + CRC_BYTES;
  }

  /** Bytes of the whole file; more than any file has if the numbers are too large. */
  long fileBytes() {
    long sum = bytes();
    sum = saturatedAdd(sum, 4L * extent.length() + CRC_BYTES);
    sum = saturatedAdd(sum, (long) extraBytes + CRC_BYTES);
    for (int i = 0; i < extent.pages().size(); i++) {
      long page = layout.pageBytes().get(i) + CRC_BYTES;
      int count = extent.pages().get(i).count();
      sum =
          saturatedAdd(
              sum, page > Long.MAX_VALUE / Math.max(1, count) ? Long.MAX_VALUE : page * count);
    }
    return hasRecurrent() ? saturatedAdd(sum, layout.recurrentBytes() + CRC_BYTES) : sum;
  }

  private boolean hasRecurrent() {
    return extent.hasStates() && layout.recurrentBytes() > 0;
  }

  private static long saturatedAdd(long a, long b) {
    return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
  }

  ByteBuffer encode() {
    ByteBuffer out = ByteBuffer.allocate(bytes()).order(ByteOrder.LITTLE_ENDIAN);
    out.put(MAGIC).putInt(VERSION).putInt(layout.pageBytes().size());
    out.put(HexFormat.of().parseHex(key.identity()));
    out.putInt(key.keyType().type().id()).putInt(key.valueType().type().id());
    out.putInt(key.contextClass());
    out.putInt(extent.length()).putInt(extent.encoderLength());
    out.putInt(extent.hasStates() ? HAS_STATES : 0);
    out.putInt(extraBytes).putLong(layout.recurrentBytes());
    for (int i = 0; i < extent.pages().size(); i++) {
      StateExtent.Pages pages = extent.pages().get(i);
      out.putInt(pages.first()).putInt(pages.count()).putLong(layout.pageBytes().get(i));
    }
    out.putInt(crc(out.duplicate().flip()));
    return out.flip();
  }

  /**
   * The number of bytes of the header that begins like this.
   *
   * @param prefix of {@link #PREFIX_BYTES}
   * @throws ModelFileException if it is no snapshot, or of another version
   */
  static int bytes(ByteBuffer prefix, Path file) {
    ByteBuffer in = prefix.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    byte[] magic = new byte[MAGIC.length];
    in.get(magic);
    if (!Arrays.equals(magic, MAGIC)) {
      throw new ModelFileException(file, "no snapshot of a sequence", "expected one");
    }
    int version = in.getInt();
    if (version != VERSION) {
      throw new ModelFileException(
          file, "format version " + Integer.toUnsignedString(version), "expected " + VERSION);
    }
    int classes = in.getInt();
    if (classes < 0 || classes > MAX_CLASSES) {
      throw invalid(file, "classes of states", classes, "0 to " + MAX_CLASSES);
    }
    return bytes(classes);
  }

  /**
   * Decodes a header.
   *
   * @param bytes all of them, as many as {@link #bytes(ByteBuffer, Path)} says
   * @throws ModelFileException if it is damaged or contradicts itself
   */
  static SnapshotHeader decode(ByteBuffer bytes, Path file) {
    ByteBuffer in = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    int end = in.limit() - CRC_BYTES;
    if (in.getInt(end) != crc(in.duplicate().limit(end))) {
      throw damaged(file, "its header");
    }
    int classes = in.getInt(PREFIX_BYTES - 4);
    in.position(PREFIX_BYTES);
    byte[] identity = new byte[IDENTITY_BYTES];
    in.get(identity);
    SnapshotKey key =
        new SnapshotKey(
            HexFormat.of().formatHex(identity),
            cacheType(in.getInt(), file),
            cacheType(in.getInt(), file),
            in.getInt());
    int length = natural("tokens", in.getInt(), MAX_TOKENS, file);
    int encoderLength = natural("tokens of the encoder", in.getInt(), MAX_TOKENS, file);
    int flags = natural("flags", in.getInt(), HAS_STATES, file);
    int extra = natural("bytes of the application", in.getInt(), MAX_EXTRA_BYTES, file);
    long recurrent = in.getLong();
    List<StateExtent.Pages> pages = new ArrayList<>();
    List<Long> pageBytes = new ArrayList<>();
    for (int i = 0; i < classes; i++) {
      int first = natural("first page", in.getInt(), Integer.MAX_VALUE, file);
      pages.add(
          new StateExtent.Pages(first, natural("pages", in.getInt(), Integer.MAX_VALUE, file)));
      pageBytes.add(in.getLong());
    }
    StateExtent extent = new StateExtent(length, encoderLength, flags == HAS_STATES, pages);
    return new SnapshotHeader(key, extent, new StateLayout(pageBytes, recurrent), extra);
  }

  private static int natural(String what, int value, int most, Path file) {
    if (value < 0 || value > most) {
      throw invalid(file, what, value, "0 to " + most);
    }
    return value;
  }

  private static CacheType cacheType(int id, Path file) {
    for (CacheType type : CacheType.values()) {
      if (type.type().id() == id) {
        return type;
      }
    }
    String name = GgmlType.ofId(id).map(GgmlType::ggmlName).orElse(String.valueOf(id));
    throw new ModelFileException(file, "cache type " + name, "expected a known one");
  }

  private static ModelFileException invalid(Path file, String what, long value, String expected) {
    return new ModelFileException(file, what + " = " + value, "expected " + expected);
  }

  static ModelFileException damaged(Path file, String what) {
    return new ModelFileException(file, what, "damaged: the checksum differs");
  }

  private static int crc(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }
}

package dev.myelin.gguf;

import dev.myelin.error.ModelFileException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads and checks one file: magic, version, counts, metadata; then {@link TensorTable}. */
final class HeaderReader {
  /** The bytes "GGUF", read as a little-endian integer. */
  static final int MAGIC = 0x46554747;

  static final String ALIGNMENT_KEY = "general.alignment";

  /** Magic, version and the two counts. */
  private static final int FIXED_BYTES = 24;

  /** The least a key takes: length, one byte of name, type, one byte of value. */
  private static final int KEY_LEAST = 8 + 1 + 4 + 1;

  /** The least a tensor takes: length, one byte of name, rank, type, offset. */
  private static final int TENSOR_LEAST = 8 + 1 + 4 + 4 + 8;

  private final Source source;
  private final Cursor cursor;

  private HeaderReader(Source source) {
    this.source = source;
    this.cursor = new Cursor(source);
  }

  /**
   * @param part the index to note in the tensors
   */
  static Header read(Source source, int part) {
    return new HeaderReader(source).read(part);
  }

  private Header read(int part) {
    checkMagic();
    int version = version();
    long tensors = count("tensor count", Limits.TENSORS, TENSOR_LEAST);
    long keys = count("key count", Limits.KEYS, KEY_LEAST);
    Map<String, GgufValue> values = new LinkedHashMap<>();
    ValueReader reader = new ValueReader(source, cursor);
    long names = 0;
    for (int i = 0; i < keys; i++) {
      cursor.reading("key", i);
      long before = cursor.at();
      String key = cursor.name(Limits.KEY_BYTES);
      names += cursor.at() - before;
      if (names > Limits.ALL_KEY_BYTES) {
        throw cursor.bad(
            "names of more bytes", "expected at most " + Limits.ALL_KEY_BYTES + " in all keys");
      }
      if (values.put(key, reader.read(key)) != null) {
        throw source.bad("key " + Names.shown(key), "expected once, the file has it twice");
      }
    }
    int alignment = alignment(values);
    return new Header(
        version,
        alignment,
        values,
        new TensorTable(source, cursor, alignment, part).read((int) tensors));
  }

  private void checkMagic() {
    if (source.size() == 0) {
      throw source.bad("the file is empty", "expected a GGUF file");
    }
    byte[] start = source.copy(0, Math.min(source.size(), 16));
    String text = new String(start, StandardCharsets.ISO_8859_1);
    if (text.startsWith("FUGG")) {
      throw bigEndian("magic FUGG");
    }
    if (text.startsWith("version https://")) {
      throw source.bad(
          "a Git LFS pointer", "expected a GGUF file; fetch the file that it stands for");
    }
    if (!text.startsWith("GGUF")) {
      throw source.bad(
          "magic \"" + text.substring(0, Math.min(4, text.length())) + '"',
          "expected \"GGUF\", this is no GGUF file");
    }
    if (source.size() < FIXED_BYTES) {
      throw source.bad(
          "header", "truncated: expected " + FIXED_BYTES + " bytes, the file has " + source.size());
    }
    cursor.skip(Integer.BYTES);
  }

  private int version() {
    int version = cursor.i32("version");
    if (version != 0 && (version & 0xffff) == 0) {
      throw bigEndian("version " + Integer.toUnsignedString(Integer.reverseBytes(version)));
    }
    if (version == 1) {
      throw source.bad("version 1", "expected 2 or 3; convert the checkpoint again");
    }
    if (version != 2 && version != 3) {
      throw source.bad("version " + Integer.toUnsignedString(version), "expected 2 or 3");
    }
    return version;
  }

  private ModelFileException bigEndian(String subject) {
    return source.bad(subject + " in big-endian order", "expected a little-endian GGUF file");
  }

  /** A count is at most {@code limit} and what fits the rest of the file. */
  private long count(String field, int limit, int least) {
    long count = cursor.i64(field);
    long fit = Math.min(limit, cursor.remaining() / least);
    if (count < 0 || count > fit) {
      throw source.bad(
          field + " " + Long.toUnsignedString(count),
          "expected at most "
              + fit
              + (fit == limit
                  ? ""
                  : ", what the " + source.size() + " bytes of the file can hold"));
    }
    return count;
  }

  private int alignment(Map<String, GgufValue> values) {
    GgufValue value = values.get(ALIGNMENT_KEY);
    if (value == null) {
      return Limits.DEFAULT_ALIGNMENT;
    }
    if (value instanceof GgufValue.Scalar scalar
        && scalar.type() == GgufValueType.U32
        && scalar.bits() >= 8
        && scalar.bits() <= 1 << 30
        && Long.bitCount(scalar.bits()) == 1) {
      return (int) scalar.bits();
    }
    throw source.bad(
        "key " + ALIGNMENT_KEY + " = " + value.brief(),
        "expected a u32 that is a power of two and at least 8");
  }
}

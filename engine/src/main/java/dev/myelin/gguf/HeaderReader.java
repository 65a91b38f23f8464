package dev.myelin.gguf;

import dev.myelin.error.ModelFileException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads and validates a header: magic, version, counts, metadata, then the tensor table. */
final class HeaderReader {
  /** The bytes "GGUF", read as a little-endian integer. */
  static final int MAGIC = 0x46554747;

  static final String ALIGNMENT_KEY = "general.alignment";

  /** Magic, version and the two counts. */
  private static final int MIN_HEADER_BYTES = 24;

  /** The smallest key: length, one byte of name, type, one byte of value. */
  private static final int MIN_KEY_BYTES = 8 + 1 + 4 + 1;

  /** The smallest tensor entry: length, one byte of name, rank, type, offset. */
  private static final int MIN_TENSOR_BYTES = 8 + 1 + 4 + 4 + 8;

  private final ByteSource source;
  private final Cursor cursor;

  private HeaderReader(ByteSource source) {
    this.source = source;
    this.cursor = new Cursor(source);
  }

  /**
   * @param part the part index to store in the tensors
   */
  static Header read(ByteSource source, int part) {
    return new HeaderReader(source).read(part);
  }

  private Header read(int part) {
    checkMagic();
    int version = version();
    long tensors = count("tensor count", Limits.MAX_TENSORS, MIN_TENSOR_BYTES);
    long keys = count("key count", Limits.MAX_KEYS, MIN_KEY_BYTES);
    Map<String, GgufValue> values = new LinkedHashMap<>();
    ValueReader reader = new ValueReader(source, cursor);
    long keyBytes = 0;
    for (int i = 0; i < keys; i++) {
      cursor.startEntry("key", i);
      long start = cursor.position();
      String key = cursor.name(Limits.MAX_KEY_BYTES);
      keyBytes += cursor.position() - start;
      if (keyBytes > Limits.MAX_TOTAL_KEY_BYTES) {
        throw cursor.error(
            "key names too long",
            "expected at most " + Limits.MAX_TOTAL_KEY_BYTES + " bytes in all keys");
      }
      if (values.put(key, reader.read(key)) != null) {
        throw source.error(
            "key " + MessageText.abbreviate(key), "expected once, the file has it twice");
      }
    }
    int alignment = alignment(values);
    return new Header(
        version,
        alignment,
        values,
        new TensorTableReader(source, cursor, alignment, part).read((int) tensors));
  }

  private void checkMagic() {
    if (source.size() == 0) {
      throw source.error("the file is empty", "expected a GGUF file");
    }
    byte[] start = source.copy(0, Math.min(source.size(), 16));
    String text = new String(start, StandardCharsets.ISO_8859_1);
    if (text.startsWith("FUGG")) {
      throw bigEndianError("magic FUGG");
    }
    if (text.startsWith("version https://")) {
      throw source.error("a Git LFS pointer", "expected a GGUF file; run git lfs pull");
    }
    if (!text.startsWith("GGUF")) {
      throw source.error(
          "magic \"" + text.substring(0, Math.min(4, text.length())) + '"',
          "expected \"GGUF\", this is not a GGUF file");
    }
    if (source.size() < MIN_HEADER_BYTES) {
      throw source.error(
          "header",
          "truncated: expected " + MIN_HEADER_BYTES + " bytes, the file has " + source.size());
    }
    cursor.skip(Integer.BYTES);
  }

  private int version() {
    int version = cursor.i32("version");
    if (version != 0 && (version & 0xffff) == 0) {
      throw bigEndianError("version " + Integer.toUnsignedString(Integer.reverseBytes(version)));
    }
    if (version == 1) {
      throw source.error("version 1", "expected 2 or 3; convert the checkpoint again");
    }
    if (version != 2 && version != 3) {
      throw source.error("version " + Integer.toUnsignedString(version), "expected 2 or 3");
    }
    return version;
  }

  private ModelFileException bigEndianError(String subject) {
    return source.error(subject + " in big-endian order", "expected a little-endian GGUF file");
  }

  /** Reads a count. It is at most {@code limit} and at most what fits the rest of the file. */
  private long count(String field, int limit, int minBytes) {
    long count = cursor.i64(field);
    long max = Math.min(limit, cursor.remaining() / minBytes);
    if (count < 0 || count > max) {
      throw source.error(
          field + " " + Long.toUnsignedString(count),
          "expected at most "
              + max
              + (max == limit
                  ? ""
                  : ", the capacity of the " + source.size() + " bytes of the file"));
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
    throw source.error(
        "key " + ALIGNMENT_KEY + " = " + value.describe(),
        "expected a u32 that is a power of two and at least 8");
  }
}

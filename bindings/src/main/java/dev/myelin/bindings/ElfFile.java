package dev.myelin.bindings;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Checks the ELF headers of a shared library. The dynamic linker maps a truncated file and the
 * process ends at a missing page; for a file that is not a library the JVM prints a warning. This
 * check finds both first.
 */
public final class ElfFile {
  private static final int HEADER_BYTES = 64;
  private static final int MAGIC = 0x7f454c46;
  private static final int CLASS_64 = 2;
  private static final int LITTLE_ENDIAN = 1;
  private static final int PROGRAM_HEADERS_AT = 32;
  private static final int SECTION_HEADERS_AT = 40;
  private static final int PROGRAM_HEADER_SIZE_AT = 54;
  private static final int PROGRAM_HEADER_COUNT_AT = 56;
  private static final int SECTION_HEADER_SIZE_AT = 58;
  private static final int SECTION_HEADER_COUNT_AT = 60;

  /** Minimum size of a program header, and offsets of its fields. */
  private static final int MIN_PROGRAM_HEADER_BYTES = 56;

  private static final int SEGMENT_OFFSET_AT = 8;
  private static final int SEGMENT_FILE_SIZE_AT = 32;

  private ElfFile() {}

  /** Whether the file is a complete 64-bit ELF file. */
  public static boolean isComplete(Path file) {
    return findDefect(file).isEmpty();
  }

  /** Why the file is not a complete 64-bit ELF file; empty if it is. */
  static Optional<String> findDefect(Path file) {
    // not a channel, which an interrupted thread could not read
    try (InputStream in = Files.newInputStream(file)) {
      long size = Files.size(file);
      ByteBuffer header = ByteBuffer.wrap(in.readNBytes(HEADER_BYTES));
      if (header.capacity() < HEADER_BYTES
          || header.getInt(0) != MAGIC
          || header.get(4) != CLASS_64
          || header.get(5) != LITTLE_ENDIAN) {
        return Optional.of("it is not a 64-bit library");
      }
      header.order(ByteOrder.LITTLE_ENDIAN);
      long segments = header.getLong(PROGRAM_HEADERS_AT);
      int segmentBytes = Short.toUnsignedInt(header.getShort(PROGRAM_HEADER_SIZE_AT));
      int segmentCount = Short.toUnsignedInt(header.getShort(PROGRAM_HEADER_COUNT_AT));
      if (segments < HEADER_BYTES || segmentBytes < MIN_PROGRAM_HEADER_BYTES || segmentCount == 0) {
        return Optional.of("it is not a 64-bit library");
      }
      long sections = header.getLong(SECTION_HEADERS_AT);
      int sectionBytes =
          Short.toUnsignedInt(header.getShort(SECTION_HEADER_SIZE_AT))
              * Short.toUnsignedInt(header.getShort(SECTION_HEADER_COUNT_AT));
      // linkers write the section headers last
      if (exceeds(segments, (long) segmentBytes * segmentCount, size)
          || exceeds(sections, sectionBytes, size)) {
        return truncated(size);
      }
      in.skipNBytes(segments - HEADER_BYTES);
      ByteBuffer table =
          ByteBuffer.wrap(in.readNBytes(segmentBytes * segmentCount))
              .order(ByteOrder.LITTLE_ENDIAN);
      for (int at = 0; at + segmentBytes <= table.capacity(); at += segmentBytes) {
        long offset = table.getLong(at + SEGMENT_OFFSET_AT);
        if (exceeds(offset, table.getLong(at + SEGMENT_FILE_SIZE_AT), size)) {
          return truncated(size);
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of("it cannot be read: " + e.getMessage());
    }
  }

  private static boolean exceeds(long offset, long bytes, long size) {
    return offset < 0 || bytes < 0 || offset > size - bytes;
  }

  private static Optional<String> truncated(long size) {
    return Optional.of("it is truncated: its headers need more than its " + size + " bytes");
  }
}

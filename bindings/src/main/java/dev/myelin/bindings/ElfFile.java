package dev.myelin.bindings;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The header of a library of Linux. The dynamic linker maps a file that was cut short and dies of
 * the missing pages, and the JVM warns of files that are no libraries: both are told before.
 */
final class ElfFile {
  private static final int HEADER_BYTES = 64;
  private static final int MAGIC = 0x7f454c46;
  private static final int CLASS_64 = 2;
  private static final int LITTLE_ENDIAN = 1;
  private static final int SECTIONS_OFFSET = 40;
  private static final int SECTION_BYTES = 58;
  private static final int SECTION_COUNT = 60;

  private ElfFile() {}

  /** Whether it is one of 64 bits and all there: linkers write its section headers last. */
  static boolean isWhole(Path file) {
    try (SeekableByteChannel channel = Files.newByteChannel(file)) {
      ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
      while (header.hasRemaining() && channel.read(header) >= 0) {}
      if (header.hasRemaining()
          || header.getInt(0) != MAGIC
          || header.get(4) != CLASS_64
          || header.get(5) != LITTLE_ENDIAN) {
        return false;
      }
      header.order(ByteOrder.LITTLE_ENDIAN);
      long start = header.getLong(SECTIONS_OFFSET);
      int bytes =
          Short.toUnsignedInt(header.getShort(SECTION_BYTES))
              * Short.toUnsignedInt(header.getShort(SECTION_COUNT));
      return start > 0 && start <= channel.size() - bytes;
    } catch (IOException e) {
      return false;
    }
  }
}

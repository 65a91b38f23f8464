package dev.myelin.bindings;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The symbol versions that an ELF library needs from others ({@code GLIBC_2.34}), and those that it
 * defines, from its dynamic section. Little-endian, 64 bits.
 */
public final class SymbolVersions {
  private static final int PT_LOAD = 1;
  private static final int PT_DYNAMIC = 2;
  private static final int DT_STRTAB = 5;
  private static final int DT_VERDEF = 0x6ffffffc;
  private static final int DT_VERDEFNUM = 0x6ffffffd;
  private static final int DT_VERNEED = 0x6ffffffe;
  private static final int DT_VERNEEDNUM = 0x6fffffff;
  private static final int MAX_NAME = 256;

  /** Each list of versions of a library has at most so many entries. */
  private static final int MAX_ENTRIES = 4096;

  private final ByteBuffer elf;
  private final List<String> needed = new ArrayList<>();
  private final List<String> defined = new ArrayList<>();

  private SymbolVersions(ByteBuffer elf) {
    this.elf = elf;
  }

  /**
   * Reads a library.
   *
   * @throws IOException if it cannot be read, or is not a complete ELF file
   */
  public static SymbolVersions of(Path file) throws IOException {
    Optional<String> defect = ElfFile.findDefect(file);
    if (defect.isPresent()) {
      throw new IOException(file + ": " + defect.get());
    }
    byte[] bytes = Files.readAllBytes(file);
    SymbolVersions versions =
        new SymbolVersions(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
    try {
      versions.read();
    } catch (IndexOutOfBoundsException | ArithmeticException e) {
      throw new IOException(file + ": its dynamic section is damaged", e);
    }
    return versions;
  }

  /** The highest version needed whose name starts with {@code prefix}, such as {@code GLIBC_}. */
  public Optional<String> highestNeeded(String prefix) {
    return highest(needed, prefix);
  }

  /** The highest version defined whose name starts with {@code prefix}. */
  public Optional<String> highestDefined(String prefix) {
    return highest(defined, prefix);
  }

  private static Optional<String> highest(List<String> names, String prefix) {
    return names.stream()
        .filter(n -> n.startsWith(prefix))
        .map(n -> n.substring(prefix.length()))
        .filter(SymbolVersions::isNumeric)
        .max(SymbolVersions::compare);
  }

  private static boolean isNumeric(String version) {
    return !version.isEmpty()
        && version.chars().allMatch(c -> c == '.' || c >= '0' && c <= '9')
        && version.charAt(0) != '.';
  }

  /** Compares versions such as 2.9 and 2.34 number by number; what is not a number counts as 0. */
  public static int compare(String a, String b) {
    String[] left = a.split("\\.");
    String[] right = b.split("\\.");
    for (int i = 0; i < Math.max(left.length, right.length); i++) {
      int order = Integer.compare(number(left, i), number(right, i));
      if (order != 0) {
        return order;
      }
    }
    return 0;
  }

  private static int number(String[] parts, int i) {
    try {
      return i < parts.length ? Integer.parseInt(parts[i]) : 0;
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private void read() {
    long headers = elf.getLong(32);
    int size = Short.toUnsignedInt(elf.getShort(54));
    int count = Short.toUnsignedInt(elf.getShort(56));
    for (int i = 0; i < count; i++) {
      int header = Math.toIntExact(headers + (long) i * size);
      if (elf.getInt(header) == PT_DYNAMIC) {
        readDynamic(
            Math.toIntExact(elf.getLong(header + 8)), Math.toIntExact(elf.getLong(header + 32)));
      }
    }
  }

  private void readDynamic(int offset, int bytes) {
    long strings = 0;
    long need = 0;
    long needCount = 0;
    long define = 0;
    long defineCount = 0;
    for (int at = offset; at + 16 <= offset + bytes; at += 16) {
      long value = elf.getLong(at + 8);
      switch ((int) elf.getLong(at)) {
        case DT_STRTAB -> strings = value;
        case DT_VERNEED -> need = value;
        case DT_VERNEEDNUM -> needCount = value;
        case DT_VERDEF -> define = value;
        case DT_VERDEFNUM -> defineCount = value;
        default -> {}
      }
    }
    if (need != 0) {
      readNeeded(fileOffset(need), limited(needCount), fileOffset(strings));
    }
    if (define != 0) {
      readDefined(fileOffset(define), limited(defineCount), fileOffset(strings));
    }
  }

  private static int limited(long count) {
    return Math.clamp(count, 0, MAX_ENTRIES);
  }

  /** Elf64_Verneed: version, count, file, first aux, next; Elf64_Vernaux has the name at 8. */
  private void readNeeded(int at, int count, int strings) {
    for (int i = 0, entry = at; i < count; i++) {
      int versions = Short.toUnsignedInt(elf.getShort(entry + 2));
      int aux = Math.addExact(entry, elf.getInt(entry + 8));
      for (int j = 0; j < versions && needed.size() < MAX_ENTRIES; j++) {
        needed.add(string(strings, elf.getInt(aux + 8)));
        aux = Math.addExact(aux, elf.getInt(aux + 12));
      }
      entry = Math.addExact(entry, elf.getInt(entry + 12));
    }
  }

  /** Elf64_Verdef: first aux at 12, next at 16; the first Elf64_Verdaux has the name at 0. */
  private void readDefined(int at, int count, int strings) {
    for (int i = 0, entry = at; i < count; i++) {
      int aux = Math.addExact(entry, elf.getInt(entry + 12));
      defined.add(string(strings, elf.getInt(aux)));
      entry = Math.addExact(entry, elf.getInt(entry + 16));
    }
  }

  private String string(int table, int offset) {
    int start = Math.addExact(table, offset);
    int end = start;
    while (elf.get(end) != 0 && end - start < MAX_NAME) {
      end++;
    }
    return new String(elf.array(), start, end - start, StandardCharsets.ISO_8859_1);
  }

  /** The place in the file of an address, by the segments that are loaded. */
  private int fileOffset(long address) {
    long headers = elf.getLong(32);
    int size = Short.toUnsignedInt(elf.getShort(54));
    int count = Short.toUnsignedInt(elf.getShort(56));
    for (int i = 0; i < count; i++) {
      int header = Math.toIntExact(headers + (long) i * size);
      long start = elf.getLong(header + 16);
      if (elf.getInt(header) == PT_LOAD
          && address >= start
          && address - start < elf.getLong(header + 32)) {
        return Math.toIntExact(elf.getLong(header + 8) + (address - start));
      }
    }
    throw new IndexOutOfBoundsException("no segment has the address " + address);
  }
}

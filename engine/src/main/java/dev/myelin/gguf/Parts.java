package dev.myelin.gguf;

import dev.myelin.bindings.NativeMemory;
import dev.myelin.error.ModelFileException;
import dev.myelin.file.FileReason;
import dev.myelin.file.InputFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Maps a checkpoint: the file named, and where that is one part of several, all of them. */
final class Parts {
  static final String NO = "split.no";
  static final String COUNT = "split.count";
  static final String TENSORS = "split.tensors.count";

  /** A cache line: more than any kernel asks of its operands. */
  static final long ALIGNMENT = 64;

  /** What is read at once. */
  private static final long PIECE = 1 << 30;

  /** One file. */
  record Part(MemorySegment bytes, Source source, Header header) {}

  private final Arena arena;
  private final Lifetime lifetime;
  private final boolean copies;
  private final List<MappedFile> mapped = new ArrayList<>();

  /**
   * @param copies whether files are read into memory, not mapped
   */
  Parts(Arena arena, Lifetime lifetime, boolean copies) {
    this.arena = arena;
    this.lifetime = lifetime;
    this.copies = copies;
  }

  /** The files that were mapped. */
  List<MappedFile> mapped() {
    return mapped;
  }

  /** The parts in order; {@code file} may be any of them. */
  List<Part> open(Path file) {
    Part given = map(file, 0);
    int count = count(given);
    if (count <= 1) {
      return List.of(given);
    }
    int number = number(given, count);
    SplitName name =
        SplitName.of(file)
            .filter(n -> n.count() == count && n.part() == number)
            .orElseThrow(
                () ->
                    given.source.bad(
                        "part " + (number + 1) + " of " + count,
                        String.format(
                            Locale.ROOT,
                            "expected a name ending in -%05d-of-%05d.gguf",
                            number + 1,
                            count)));
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      parts.add(i == number && i == 0 ? given : other(name, i, file));
    }
    checkTensorCount(parts);
    return List.copyOf(parts);
  }

  /** The file, and those that by their names are parts of the same checkpoint. */
  static List<Path> named(Path file) {
    Optional<SplitName> name = SplitName.of(file).filter(n -> n.count() <= Limits.PARTS);
    List<Path> all = new ArrayList<>(List.of(file));
    for (int i = 0; name.isPresent() && i < name.get().count(); i++) {
      Path part = name.get().file(i);
      if (!part.equals(file) && Files.exists(part)) {
        all.add(part);
      }
    }
    return all;
  }

  /** How many parts a file says it belongs to; 1 where it says nothing. */
  static int count(Part part) {
    return small(part, COUNT, 1);
  }

  private static int number(Part part, int count) {
    int number = small(part, NO, -1);
    if (number < 0 || number >= count) {
      throw metadata(part).bad(NO, "expected a number from 0 to " + (count - 1));
    }
    return number;
  }

  private Part other(SplitName name, int i, Path given) {
    Path file = name.file(i);
    if (!Files.exists(file)) {
      throw new ModelFileException(
          file, "part " + (i + 1) + " of " + name.count() + " of " + given, "no such file");
    }
    Part part = map(file, i);
    if (count(part) != name.count()) {
      throw metadata(part).bad(COUNT, "expected " + name.count() + ", as in " + given);
    }
    if (number(part, name.count()) != i) {
      throw metadata(part).bad(NO, "expected " + i + ", as in the file's name");
    }
    return part;
  }

  private static void checkTensorCount(List<Part> parts) {
    long tensors = parts.stream().mapToLong(p -> p.header.tensors().size()).sum();
    Metadata first = metadata(parts.getFirst());
    if (first.i64(TENSORS) != tensors) {
      throw first.bad(TENSORS, "expected " + tensors + ", as many as the parts hold");
    }
  }

  private static int small(Part part, String key, int otherwise) {
    GgufValue value = part.header.values().get(key);
    if (value == null) {
      return otherwise;
    }
    if (value instanceof GgufValue.Scalar scalar
        && scalar.isLong()
        && scalar.bits() >= 0
        && scalar.bits() <= Limits.PARTS) {
      return (int) scalar.bits();
    }
    throw metadata(part).bad(key, "expected an integer from 0 to " + Limits.PARTS);
  }

  private static Metadata metadata(Part part) {
    return new Metadata(part.source, part.header.values());
  }

  private Part map(Path file, int index) {
    if (!Files.exists(file)) {
      throw new ModelFileException(file, "no such file", (Throwable) null);
    }
    if (Files.isDirectory(file)) {
      throw new ModelFileException(file, "this is a folder", "expected a GGUF file");
    }
    if (!Files.isRegularFile(file)) {
      throw new ModelFileException(file, "this is a device or pipe", "expected a GGUF file");
    }
    try (InputFile input = InputFile.open(file)) {
      return part(file, copies ? copy(input, file) : map(input, file), index);
    } catch (AccessDeniedException e) {
      throw new ModelFileException(file, "no permission to read it", e);
    } catch (IOException e) {
      throw new ModelFileException(file, "cannot be read: " + FileReason.of(e), e);
    }
  }

  private MemorySegment map(InputFile input, Path file) throws IOException {
    MemorySegment bytes = input.map(arena);
    mapped.add(new MappedFile(file, bytes, arena));
    return bytes;
  }

  private MemorySegment copy(InputFile input, Path file) throws IOException {
    long size = input.size();
    MemorySegment bytes = NativeMemory.zeros(arena, size, ALIGNMENT, "a copy of " + file);
    for (long at = 0; at < size; at += PIECE) {
      MemorySegment piece = bytes.asSlice(at, Math.min(PIECE, size - at));
      if (!input.read(piece.asByteBuffer(), at)) {
        throw MappedFile.changed(file);
      }
    }
    return bytes;
  }

  Part part(Path file, MemorySegment bytes, int index) {
    Source source = new Source(file, bytes, lifetime);
    return new Part(bytes, source, HeaderReader.read(source, index));
  }
}

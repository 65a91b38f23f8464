package dev.myelin.gguf;

import dev.myelin.error.ModelFileException;
import dev.myelin.file.FileErrors;
import dev.myelin.file.InputFile;
import dev.myelin.natives.NativeMemory;
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
import org.jspecify.annotations.Nullable;

/**
 * Opens the file or files of a checkpoint: the given file, or all parts if it is one of several.
 */
final class PartReader {
  static final String NUMBER_KEY = "split.no";
  static final String COUNT_KEY = "split.count";
  static final String TENSOR_COUNT_KEY = "split.tensors.count";

  /** A cache line: at least the alignment that each kernel requires. */
  static final long ALIGNMENT = 64;

  /** The largest single read. */
  private static final long CHUNK_BYTES = 1 << 30;

  /** One file. */
  record Part(MemorySegment bytes, ByteSource source, Header header) {}

  private final @Nullable Arena arena;
  private final Lifetime lifetime;
  private final boolean intoMemory;
  private final List<MappedFile> mappedFiles = new ArrayList<>();

  /**
   * @param intoMemory whether files are read into memory, not mapped
   */
  PartReader(@Nullable Arena arena, Lifetime lifetime, boolean intoMemory) {
    this.arena = arena;
    this.lifetime = lifetime;
    this.intoMemory = intoMemory;
  }

  /** The mapped files; empty if they are read into memory. */
  List<MappedFile> mappedFiles() {
    return mappedFiles;
  }

  /** All parts in order. {@code file} may be any of them. */
  List<Part> open(Path file) {
    Part opened = map(file, 0);
    int count = count(opened);
    if (count <= 1) {
      return List.of(opened);
    }
    int number = number(opened, count);
    SplitName name =
        nameOf(file)
            .filter(n -> n.count() == count && n.part() == number)
            .orElseThrow(
                () ->
                    opened.source.error(
                        "part " + (number + 1) + " of " + count,
                        String.format(
                            Locale.ROOT,
                            "expected a name ending in -%05d-of-%05d.gguf",
                            number + 1,
                            count)));
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      parts.add(i == number && i == 0 ? opened : openOther(name, i, file));
    }
    checkTensorCount(parts);
    return List.copyOf(parts);
  }

  /** The file and the existing files whose names say that they are parts of the same checkpoint. */
  static List<Path> findByName(Path file) {
    Optional<SplitName> name = nameOf(file).filter(n -> n.count() <= Limits.MAX_PARTS);
    List<Path> all = new ArrayList<>(List.of(file));
    for (int i = 0; name.isPresent() && i < name.get().count(); i++) {
      Path part = file.resolveSibling(name.get().name(i));
      if (!part.equals(file) && Files.exists(part)) {
        all.add(part);
      }
    }
    return all;
  }

  private static Optional<SplitName> nameOf(Path file) {
    Path name = file.getFileName();
    return name == null ? Optional.empty() : SplitName.of(name.toString());
  }

  /** The number of parts: {@code split.count}, or 1 if it is missing. */
  static int count(Part part) {
    return smallInteger(part, COUNT_KEY, 1);
  }

  private static int number(Part part, int count) {
    int number = smallInteger(part, NUMBER_KEY, -1);
    if (number < 0 || number >= count) {
      throw metadata(part).error(NUMBER_KEY, "expected a number from 0 to " + (count - 1));
    }
    return number;
  }

  private Part openOther(SplitName name, int i, Path opened) {
    Path file = opened.resolveSibling(name.name(i));
    if (!Files.exists(file)) {
      throw new ModelFileException(
          file, "part " + (i + 1) + " of " + name.count() + " of " + opened, "no such file");
    }
    Part part = map(file, i);
    if (count(part) != name.count()) {
      throw metadata(part).error(COUNT_KEY, "expected " + name.count() + ", as in " + opened);
    }
    if (number(part, name.count()) != i) {
      throw metadata(part).error(NUMBER_KEY, "expected " + i + ", as in the file's name");
    }
    return part;
  }

  private static void checkTensorCount(List<Part> parts) {
    long tensors = parts.stream().mapToLong(p -> p.header.tensors().size()).sum();
    Metadata first = metadata(parts.getFirst());
    if (first.i64(TENSOR_COUNT_KEY) != tensors) {
      throw first.error(
          TENSOR_COUNT_KEY, "expected " + tensors + ", the number of tensors in all parts");
    }
  }

  private static int smallInteger(Part part, String key, int defaultValue) {
    GgufValue value = part.header.values().get(key);
    if (value == null) {
      return defaultValue;
    }
    if (value instanceof GgufValue.Scalar scalar
        && scalar.isLong()
        && scalar.bits() >= 0
        && scalar.bits() <= Limits.MAX_PARTS) {
      return (int) scalar.bits();
    }
    throw metadata(part).error(key, "expected an integer from 0 to " + Limits.MAX_PARTS);
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
      return read(file, intoMemory ? copy(input, file) : map(input, file), index);
    } catch (AccessDeniedException e) {
      throw new ModelFileException(file, "no permission to read it", e);
    } catch (IOException e) {
      throw new ModelFileException(file, "cannot be read: " + FileErrors.describe(e), e);
    }
  }

  private MemorySegment map(InputFile input, Path file) throws IOException {
    MemorySegment bytes = input.map(arena);
    mappedFiles.add(new MappedFile(file, bytes, arena));
    return bytes;
  }

  private MemorySegment copy(InputFile input, Path file) throws IOException {
    long size = input.size();
    MemorySegment bytes = NativeMemory.allocateZeroed(arena, size, ALIGNMENT, "a copy of " + file);
    for (long offset = 0; offset < size; offset += CHUNK_BYTES) {
      MemorySegment chunk = bytes.asSlice(offset, Math.min(CHUNK_BYTES, size - offset));
      if (!input.read(chunk.asByteBuffer(), offset)) {
        throw MappedFile.changedError(file);
      }
    }
    return bytes;
  }

  Part read(Path file, MemorySegment bytes, int index) {
    ByteSource source = new ByteSource(file, bytes, lifetime);
    return new Part(bytes, source, HeaderReader.read(source, index));
  }
}

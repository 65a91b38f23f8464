package dev.myelin.gguf;

import dev.myelin.error.IllegalUseException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.natives.Natives;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An open checkpoint, mapped read-only: its metadata and its tensors. Opening validates the whole
 * header and reads no tensor data. A split checkpoint ({@code -00001-of-00003.gguf}) opens as one.
 *
 * <p>Any number of threads may read it. After {@link #close}, every method except {@link #path},
 * {@link #version} and {@link #isOpen} throws {@link IllegalUseException}, and so does reading a
 * value of {@link Metadata} or {@link GgufArray}. A {@link MemorySegment} returned earlier then
 * throws {@link IllegalStateException}. Native code that uses an address of the file must finish
 * before the file is closed. The file must not be modified while it is open; see {@link #watch}.
 * Renaming another file over it is not a modification.
 */
public final class GgufFile implements AutoCloseable {
  private final Path path;
  private final Lifetime lifetime;
  private final @Nullable Arena arena;
  private final List<PartReader.Part> parts;
  private final List<MappedFile> mappedFiles;
  private final Metadata metadata;
  private final List<TensorInfo> tensors;
  private final Map<String, TensorInfo> byName;

  /**
   * @param arena owns the mappings or the copy; null if the memory belongs to the caller
   */
  private GgufFile(
      Path path,
      Lifetime lifetime,
      @Nullable Arena arena,
      List<PartReader.Part> parts,
      List<MappedFile> mappedFiles) {
    this.path = path;
    this.mappedFiles = mappedFiles;
    this.lifetime = lifetime;
    this.arena = arena;
    this.parts = parts;
    PartReader.Part first = parts.getFirst();
    this.metadata = new Metadata(first.source(), first.header().values());
    this.byName = byName(parts);
    this.tensors = List.copyOf(byName.values());
  }

  /**
   * Maps a checkpoint and validates it.
   *
   * @param file a GGUF file; for a split checkpoint, any of its parts
   * @throws ModelFileException if the file is not GGUF, truncated or inconsistent
   */
  public static GgufFile open(Path file) {
    return open(file, false);
  }

  /**
   * Reads a checkpoint into native memory and validates it. Later changes of the file have no
   * effect. Loads the native libraries.
   *
   * @param file a GGUF file; for a split checkpoint, any of its parts
   * @throws ModelFileException as for {@link #open}
   * @throws dev.myelin.error.NativeLibraryException if there is not enough memory
   */
  public static GgufFile read(Path file) {
    Natives.load();
    return open(file, true);
  }

  private static GgufFile open(Path file, boolean intoMemory) {
    Arena arena = Arena.ofShared();
    Lifetime lifetime = new Lifetime(file);
    PartReader parts = new PartReader(arena, lifetime, intoMemory);
    boolean opened = false;
    try {
      GgufFile result = new GgufFile(file, lifetime, arena, parts.open(file), parts.mappedFiles());
      result.requireUnchanged();
      opened = true;
      return result;
    } catch (ModelFileException e) {
      // missing pages read as zeros
      parts.mappedFiles().stream()
          .filter(MappedFile::isChanged)
          .findAny()
          .ifPresent(GgufFile::throwChanged);
      throw e;
    } finally {
      if (!opened) {
        arena.close();
      }
    }
  }

  private static void throwChanged(MappedFile changed) {
    throw changed.changedError();
  }

  /**
   * The exception to throw if the JVM reports a missing page of the mapping as an {@link
   * InternalError}.
   */
  public ModelFileException changedError() {
    return MappedFile.changedError(path);
  }

  /**
   * Detects from now on that the file is written to or truncated: {@link #requireUnchanged} then
   * throws, and missing pages read as zeros, in Java and in native code. If the native libraries
   * are loaded, a file is watched from the time it is opened. Does nothing if the system does not
   * support it or the checkpoint is in memory.
   */
  public void watch() {
    lifetime.requireOpen();
    mappedFiles.forEach(MappedFile::watch);
  }

  /** The size of the mapped files, 0 for bytes in memory. */
  public long mappedBytes() {
    return mappedFiles.stream().mapToLong(MappedFile::byteSize).sum();
  }

  /**
   * For weights that do not fit into memory: keeps about so many bytes of the mapped files there.
   * The rest is read ahead and dropped after each use. Does nothing if the files are smaller, not
   * watched or not mapped.
   */
  public void keepInMemory(long bytes) {
    lifetime.requireOpen();
    long total = mappedBytes();
    if (bytes < total) {
      for (MappedFile file : mappedFiles) {
        file.keep((long) ((double) bytes / total * file.byteSize()));
      }
    }
  }

  /**
   * Throws if the file was modified while it was watched: data read from it may be wrong.
   *
   * @throws ModelFileException naming the file
   */
  public void requireUnchanged() {
    for (MappedFile file : mappedFiles) {
      if (file.isChanged()) {
        throw file.changedError();
      }
    }
  }

  /**
   * Opens a checkpoint in the caller's memory without copying it.
   *
   * @param name the name used in messages
   */
  public static GgufFile of(Path name, MemorySegment bytes) {
    return of(name, null, bytes);
  }

  /**
   * Opens a checkpoint from a copy of the bytes in native memory, which is freed on close. A model
   * can be loaded from it, unlike from a checkpoint {@linkplain #of over} the caller's memory.
   *
   * @param name the name used in messages
   * @throws ModelFileException if the bytes are not GGUF, truncated or inconsistent
   */
  public static GgufFile copyOf(Path name, MemorySegment bytes) {
    Arena arena = Arena.ofShared();
    boolean opened = false;
    try {
      MemorySegment copy = arena.allocate(bytes.byteSize(), PartReader.ALIGNMENT).copyFrom(bytes);
      GgufFile file = of(name, arena, copy);
      opened = true;
      return file;
    } finally {
      if (!opened) {
        arena.close();
      }
    }
  }

  private static GgufFile of(Path name, @Nullable Arena arena, MemorySegment bytes) {
    Lifetime lifetime = new Lifetime(name);
    PartReader.Part part = new PartReader(null, lifetime, false).read(name, bytes, 0);
    if (PartReader.count(part) > 1) {
      throw new ModelFileException(
          name, "one part of " + PartReader.count(part), "expected a whole checkpoint in memory");
    }
    return new GgufFile(name, lifetime, arena, List.of(part), List.of());
  }

  private static Map<String, TensorInfo> byName(List<PartReader.Part> parts) {
    Map<String, TensorInfo> byName = new LinkedHashMap<>();
    for (PartReader.Part part : parts) {
      for (TensorInfo tensor : part.header().tensors()) {
        if (byName.put(tensor.name(), tensor) != null) {
          throw part.source().error("tensor " + tensor.name(), "expected in one part only");
        }
      }
      if (byName.size() > Limits.MAX_TENSORS) {
        throw part.source()
            .error("tensors", "expected at most " + Limits.MAX_TENSORS + " in all parts");
      }
    }
    return byName;
  }

  /** The path that was passed to {@link #open}. */
  public Path path() {
    return path;
  }

  /** The files of the checkpoint, in order: one, or all its parts. */
  public List<Path> files() {
    return parts.stream().map(part -> part.source().path()).toList();
  }

  /** The version of the format, 2 or 3. */
  public int version() {
    return parts.getFirst().header().version();
  }

  /** Keys and values. For a split checkpoint, those of the first part. */
  public Metadata metadata() {
    lifetime.requireOpen();
    return metadata;
  }

  /** All tensors, in the order of the parts and of the tensor tables. */
  public List<TensorInfo> tensors() {
    lifetime.requireOpen();
    return tensors;
  }

  public Optional<TensorInfo> tensor(String name) {
    lifetime.requireOpen();
    return Optional.ofNullable(byName.get(name));
  }

  /** The data of a tensor of this file: a view of the mapping, not a copy. */
  public MemorySegment data(TensorInfo tensor) {
    lifetime.requireOpen();
    if (!tensor.equals(byName.get(tensor.name()))) {
      throw new InvalidRequestException(path + ": has no such tensor: " + tensor);
    }
    return parts.get(tensor.part()).source().slice(tensor.offset(), tensor.bytes());
  }

  /** The bytes of each file, header included. */
  public List<MemorySegment> parts() {
    lifetime.requireOpen();
    return parts.stream().map(part -> part.bytes().asReadOnly()).toList();
  }

  public boolean isOpen() {
    return lifetime.isOpen();
  }

  /** Whether the checkpoint is mapped, not copied to memory. */
  public boolean isMapped() {
    return !mappedFiles.isEmpty();
  }

  /**
   * Unmaps the file. Closing twice has no effect.
   *
   * @throws IllegalUseException if a native call still uses a part of the mapping
   */
  @Override
  public synchronized void close() {
    if (!lifetime.isOpen()) {
      return;
    }
    if (arena != null) {
      try {
        arena.close();
      } catch (IllegalStateException e) {
        throw new IllegalUseException(path + ": closed while a native call reads it");
      }
    }
    lifetime.close();
  }
}

package dev.myelin.gguf;

import dev.myelin.bindings.NativeLibraries;
import dev.myelin.error.IllegalUseException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A checkpoint, mapped read-only: its metadata, and where its tensors lie. Opening checks
 * everything the file says about itself and reads no tensor data; a checkpoint in several files
 * ({@code -00001-of-00003.gguf}) opens as one.
 *
 * <p>Any number of threads may read it. After {@link #close}, every method but {@link #path},
 * {@link #version} and {@link #isOpen} throws {@link IllegalUseException}, and so does reading a
 * value of {@link Metadata} or {@link GgufArray}; a {@link MemorySegment} handed out before throws
 * the platform's {@link IllegalStateException}. Whoever gave an address to native code must let
 * that finish before closing. The file must stay as it is while it is open; {@link #watch} says
 * what happens where it does not. Replacing it by another file of its name is no change.
 */
public final class GgufFile implements AutoCloseable {
  private final Path path;
  private final Lifetime lifetime;
  private final Arena arena;
  private final List<PartReader.Part> parts;
  private final List<MappedFile> mappedFiles;
  private final Metadata metadata;
  private final List<TensorInfo> tensors;
  private final Map<String, TensorInfo> byName;

  /**
   * @param arena holds the mappings or the copy; null where the caller's memory is read
   */
  private GgufFile(
      Path path,
      Lifetime lifetime,
      Arena arena,
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
   * Maps and checks a checkpoint.
   *
   * @param file a GGUF file; of a split checkpoint, any part
   * @throws ModelFileException where the file is none, is cut short, or contradicts itself
   */
  public static GgufFile open(Path file) {
    return open(file, false);
  }

  /**
   * Reads a checkpoint into memory off the heap, where nothing that happens to the file matters any
   * more, and checks it. The native libraries are loaded for it.
   *
   * @param file a GGUF file; of a split checkpoint, any part
   * @throws ModelFileException as {@link #open}
   * @throws dev.myelin.error.NativeLibraryException if there is no memory for it
   */
  public static GgufFile read(Path file) {
    NativeLibraries.load();
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
      // what was read may be zeros
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
   * What to throw where the JVM reports a missing page of the mapping, an {@link InternalError}.
   */
  public ModelFileException changedError() {
    return MappedFile.changedError(path);
  }

  /**
   * Notices from now on that somebody writes to the file, or cuts it short: {@link
   * #requireUnchanged} then throws, and what is missing reads as zeros, in Java and in native code.
   * Files opened once the native libraries are loaded are watched from the start. Where the system
   * has no way to, or the file is in memory, this does nothing.
   */
  public void watch() {
    lifetime.requireOpen();
    mappedFiles.forEach(MappedFile::watch);
  }

  /**
   * Throws if the file was changed while it was watched: what was read of it may be wrong.
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
   * Reads a checkpoint that lies in memory, which stays the caller's and is not copied.
   *
   * @param name stands for the file in messages
   */
  public static GgufFile of(Path name, MemorySegment bytes) {
    return of(name, null, bytes);
  }

  /**
   * Copies a checkpoint that lies in memory to memory off the heap, which is freed when it is
   * closed: what a model can compute with, unlike a checkpoint {@linkplain #of over} the caller's.
   *
   * @param name stands for the file in messages
   * @throws ModelFileException where the bytes are none, are cut short, or contradict themselves
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

  private static GgufFile of(Path name, Arena arena, MemorySegment bytes) {
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

  /** The file as it was named to {@link #open}. */
  public Path path() {
    return path;
  }

  /** The files that it consists of, in order: one, or all the parts. */
  public List<Path> files() {
    return parts.stream().map(part -> part.source().path()).toList();
  }

  /** The format's version, 2 or 3. */
  public int version() {
    return parts.getFirst().header().version();
  }

  /** Keys and values; of a split checkpoint, those of the first part. */
  public Metadata metadata() {
    lifetime.requireOpen();
    return metadata;
  }

  /** Every tensor, in the order of the parts and of the file. */
  public List<TensorInfo> tensors() {
    lifetime.requireOpen();
    return tensors;
  }

  public Optional<TensorInfo> tensor(String name) {
    lifetime.requireOpen();
    return Optional.ofNullable(byName.get(name));
  }

  /** The bytes of a tensor of this file: a view of the mapping, not a copy. */
  public MemorySegment data(TensorInfo tensor) {
    lifetime.requireOpen();
    if (!tensor.equals(byName.get(tensor.name()))) {
      throw new InvalidRequestException(path + ": has no such tensor: " + tensor);
    }
    return parts.get(tensor.part()).source().slice(tensor.offset(), tensor.bytes());
  }

  /** The whole mappings, one a file. */
  public List<MemorySegment> parts() {
    lifetime.requireOpen();
    return parts.stream().map(part -> part.bytes().asReadOnly()).toList();
  }

  public boolean isOpen() {
    return lifetime.isOpen();
  }

  /** Whether it is mapped, not in memory. */
  public boolean isMapped() {
    return !mappedFiles.isEmpty();
  }

  /**
   * Unmaps the file. Closing twice does nothing.
   *
   * @throws IllegalUseException where a native call that was given a part of the mapping still runs
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

package dev.myelin.snapshot;

import dev.myelin.bindings.loader.PrivateFolder;
import dev.myelin.file.InputFile;
import dev.myelin.file.OutputFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * Small files in a folder that processes share, within a limit of bytes. A file is complete when it
 * has its name; its time of modification is that of its last use. Thread-safe.
 */
final class PageFolder {
  static final int VERSION = 1;

  private static final int MAGIC = 0x4750594d; // "MYPG"
  private static final int NAME_BYTES = 48;

  /** Magic, version, CRC-32C of all that follows, reserved, bytes, name. */
  private static final int HEADER_BYTES = 16 + 8 + NAME_BYTES;

  private static final int CRC_FROM = 16;
  private static final Pattern NAME = Pattern.compile("[0-9a-f]{40}-(r|[0-9]{1,2})");
  private static final Pattern UNFINISHED = Pattern.compile(NAME + "\\.[0-9a-f]{1,16}\\.part");
  private static final long UNLOCKED_MILLIS = 1000;

  private final Path path;
  private final long maxBytes;
  private final AtomicBoolean failed = new AtomicBoolean();
  // bytes that may be in the folder before it is measured again
  private final AtomicLong room = new AtomicLong();

  private PageFolder(Path path, long maxBytes) {
    this.path = path;
    this.maxBytes = maxBytes;
  }

  /**
   * Opens a folder; creates it, with mode 0700. Deletes what killed processes have left there.
   *
   * @throws IOException if it belongs to another user, or others can write to it: whoever can write
   *     a file chooses the states that a model continues from
   */
  static PageFolder open(Path path, long maxBytes) throws IOException {
    Path parent = path.toAbsolutePath().getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    // a link's target is checked, not the link
    Path real = Files.exists(path) ? path.toRealPath() : path.toAbsolutePath();
    PrivateFolder.create(real);
    PageFolder folder = new PageFolder(real.toRealPath(), maxBytes);
    folder.deleteAbandoned();
    return folder;
  }

  Path path() {
    return path;
  }

  /** True once. */
  boolean isFirstFailure() {
    return !failed.getAndSet(true);
  }

  boolean has(String name) {
    return Files.isRegularFile(path.resolve(name), LinkOption.NOFOLLOW_LINKS);
  }

  /**
   * Reads a file.
   *
   * @param to of exactly the bytes that it must have
   * @return false if it is missing or damaged; a damaged one is deleted
   */
  boolean read(String name, MemorySegment to) {
    Path file = path.resolve(name);
    try (InputFile in = InputFile.open(file)) {
      ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      if (in.size() == HEADER_BYTES + to.byteSize()
          && in.read(header, 0)
          && isHeader(header, name, to.byteSize())
          && readChecked(in, header, to)) {
        return true;
      }
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      // as a damaged file
    }
    delete(file);
    return false;
  }

  private static boolean isHeader(ByteBuffer header, String name, long bytes) {
    return header.getInt(0) == MAGIC
        && header.getInt(4) == VERSION
        && header.getLong(CRC_FROM) == bytes
        && header.slice(CRC_FROM + 8, NAME_BYTES).equals(nameBytes(name));
  }

  private static boolean readChecked(InputFile in, ByteBuffer header, MemorySegment to)
      throws IOException {
    CRC32C crc = new CRC32C();
    crc.update(header.slice(CRC_FROM, HEADER_BYTES - CRC_FROM));
    for (long at = 0; at < to.byteSize(); at += Chunks.BYTES) {
      ByteBuffer chunk = Chunks.of(to, at);
      if (!in.read(chunk, HEADER_BYTES + at)) {
        return false;
      }
      crc.update(chunk.flip());
    }
    return header.getInt(8) == (int) crc.getValue();
  }

  private static ByteBuffer nameBytes(String name) {
    ByteBuffer bytes = ByteBuffer.allocate(NAME_BYTES);
    bytes.put(name.getBytes(StandardCharsets.US_ASCII));
    return bytes.rewind();
  }

  /** Writes a file; it is not flushed to disk, as its checksum tells whether it is whole. */
  void write(String name, MemorySegment bytes) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    header.putInt(MAGIC).putInt(VERSION).putLong(0).putLong(bytes.byteSize());
    header.put(nameBytes(name)).flip();
    CRC32C crc = new CRC32C();
    crc.update(header.slice(CRC_FROM, HEADER_BYTES - CRC_FROM));
    for (long at = 0; at < bytes.byteSize(); at += Chunks.BYTES) {
      crc.update(Chunks.of(bytes, at));
    }
    header.putInt(8, (int) crc.getValue());
    long size = HEADER_BYTES + bytes.byteSize();
    if (size > maxBytes) {
      return;
    }
    try (OutputFile out = OutputFile.ownerOnly(path.resolve(name), size)) {
      out.lock();
      out.write(header, 0);
      for (long at = 0; at < bytes.byteSize(); at += Chunks.BYTES) {
        out.write(Chunks.of(bytes, at), HEADER_BYTES + at);
      }
      out.rename();
    }
    room.addAndGet(-size);
  }

  /** Marks files as used now, the first ones last: without them the others are of no use. */
  void touch(List<String> names) {
    long now = System.currentTimeMillis();
    for (int i = 0; i < names.size(); i++) {
      try {
        Files.setLastModifiedTime(path.resolve(names.get(i)), FileTime.fromMillis(now - i));
      } catch (IOException e) {
        // deleted by another process
      }
    }
  }

  private record Entry(Path file, boolean isComplete, long bytes, long lastUse) {}

  /** Deletes the files that were not used for the longest time, until all fit into the limit. */
  synchronized void limit() throws IOException {
    if (room.get() > 0) {
      return;
    }
    deleteAbandoned();
    List<Entry> entries = files();
    long sum = 0;
    for (Entry entry : entries) {
      sum += entry.bytes;
    }
    entries.sort(Comparator.comparingLong(Entry::lastUse));
    // more than necessary, so that it is not measured again soon
    long wanted = sum <= maxBytes ? maxBytes : maxBytes - maxBytes / 10;
    for (Entry entry : entries) {
      if (sum <= wanted) {
        break;
      }
      if (entry.isComplete) {
        delete(entry.file);
        sum -= entry.bytes;
      }
    }
    // other processes write too: measured again before half of what is left is used
    room.set((maxBytes - sum) / 2);
  }

  /** Deletes the files that killed processes have left unfinished. */
  private void deleteAbandoned() throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(path, "*.part")) {
      for (Path file : files) {
        if (isUnfinished(file)) {
          deleteIfAbandoned(entry(file, false));
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }

  private static boolean isUnfinished(Path file) {
    return UNFINISHED.matcher(file.getFileName().toString()).matches();
  }

  /** All files, also those that are being written. */
  private List<Entry> files() throws IOException {
    List<Entry> entries = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(path)) {
      for (Path file : files) {
        boolean isComplete = NAME.matcher(file.getFileName().toString()).matches();
        if (isComplete || isUnfinished(file)) {
          entries.add(entry(file, isComplete));
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return entries;
  }

  private static Entry entry(Path file, boolean isComplete) {
    try {
      BasicFileAttributes is =
          Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      return new Entry(file, isComplete, is.size(), is.lastModifiedTime().toMillis());
    } catch (IOException e) {
      return new Entry(file, isComplete, 0, 0); // deleted by another process
    }
  }

  /** A process locks what it writes; it may not have locked a file that is very new. */
  private static void deleteIfAbandoned(Entry entry) {
    if (System.currentTimeMillis() - entry.lastUse >= UNLOCKED_MILLIS) {
      OutputFile.deleteIfAbandoned(entry.file);
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // it stays, and is ignored
    }
  }
}

package dev.myelin.file;

import dev.myelin.error.ModelFileException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A file that is written atomically: to a temporary file in the same folder, which is flushed to
 * disk and then renamed. Readers never see an incomplete file, and on failure an existing file
 * stays unchanged. Closing it before {@link #rename} deletes the temporary file.
 *
 * <p>Symbolic links are followed: the file they point to is replaced. The mode of an existing file
 * is kept. Devices and pipes are written to directly.
 */
public final class OutputFile implements AutoCloseable {
  /**
   * A longer name is not repeated in the temporary name, as file names are limited to 255 bytes.
   */
  private static final int MAX_PREFIX_CHARS = 60;

  private final OutputTarget target;
  private final Path temporary;
  private final FileChannel channel;
  private final ReorderBuffer reorderBuffer;
  private final boolean isStandardOutput;
  private final boolean isPrivate;
  private boolean renamed;

  /**
   * Opens a file for writing. An existing file stays until {@link #rename}.
   *
   * @param bytes expected size; 0 if unknown
   * @throws ModelFileException naming the file, if it cannot be written or the disk is full
   */
  public OutputFile(Path file, long bytes) {
    this(file, bytes, false);
  }

  private OutputFile(Path file, long bytes, boolean isPrivate) {
    this.isPrivate = isPrivate;
    target = OutputTarget.of(file);
    target.requireWritable(bytes);
    boolean isStream = target.kind() == OutputTarget.Kind.STREAM;
    temporary = isStream ? null : target.folder().resolve(temporaryName(target.path()));
    isStandardOutput = isStream && target.isStandardOutput();
    try {
      channel = isStream ? openStream() : openTemporary();
    } catch (IOException e) {
      throw writeError(e);
    }
    reorderBuffer = isStream ? new ReorderBuffer(channel) : null;
  }

  /** As the constructor; a new file can be read and written by its owner only. */
  public static OutputFile ownerOnly(Path file, long bytes) {
    return new OutputFile(file, bytes, true);
  }

  /**
   * Checks whether a file can be written. Creates nothing.
   *
   * @param bytes expected size; 0 if unknown
   * @throws ModelFileException naming the file and the reason
   */
  public static void check(Path file, long bytes) {
    OutputTarget.of(file).requireWritable(bytes);
  }

  /**
   * Writes a whole file.
   *
   * @throws ModelFileException naming the file and the reason; an existing file stays unchanged
   */
  public static void write(Path file, byte[] bytes) {
    try (OutputFile out = new OutputFile(file, bytes.length)) {
      out.write(ByteBuffer.wrap(bytes), 0);
      out.complete();
      out.rename();
    } catch (IOException e) {
      throw OutputTarget.writeError(file, e);
    }
  }

  /**
   * Writes a whole file that must not exist yet, or a device or pipe.
   *
   * @throws ModelFileException naming the file and the reason
   */
  public static void writeNew(Path file, byte[] bytes) {
    if (OutputTarget.of(file).kind() == OutputTarget.Kind.FILE) {
      throw new ModelFileException(file, "exists already", (Throwable) null);
    }
    write(file, bytes);
  }

  /** Deletes all temporary files of this process. For a process that is about to halt. */
  public static void deleteUnfinished() {
    TemporaryFiles.deleteAll();
  }

  /** A random name, so that two processes that write the same file do not collide. */
  private static String temporaryName(Path path) {
    String name = path.getFileName().toString();
    String prefix = name.length() > MAX_PREFIX_CHARS ? "myelin" : name;
    return prefix + "." + Long.toHexString(ThreadLocalRandom.current().nextLong()) + ".part";
  }

  private FileChannel openStream() throws IOException {
    // the descriptor itself: it keeps the position of a shell's >>
    return isStandardOutput
        ? new FileOutputStream(FileDescriptor.out).getChannel()
        : FileChannel.open(
            target.path(), StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
  }

  private FileChannel openTemporary() throws IOException {
    TemporaryFiles.add(temporary);
    try {
      if (target.kind() == OutputTarget.Kind.FILE) {
        return OwnerAndMode.create(temporary, target.path());
      }
      return isPrivate
          ? OwnerAndMode.createPrivate(temporary)
          : FileChannel.open(temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
    } catch (IOException e) {
      discard();
      throw e;
    }
  }

  /**
   * Writes a chunk that begins at a position. Any thread, any order, each byte once.
   *
   * @param bytes all remaining bytes are written
   */
  public void write(ByteBuffer bytes, long position) throws IOException {
    if (reorderBuffer != null) {
      reorderBuffer.write(bytes, position);
      return;
    }
    long next = position;
    while (bytes.hasRemaining()) {
      next += channel.write(bytes, next);
    }
  }

  /**
   * Locks the temporary file until it is closed, for {@link #deleteIfAbandoned}. Does nothing where
   * there are no locks.
   */
  public void lock() {
    try {
      channel.tryLock();
    } catch (IOException e) {
      // as a file system without locks
    }
  }

  /**
   * Deletes a temporary file whose process has ended; not if that is not known. Every writer must
   * {@link #lock} it.
   */
  public static void deleteIfAbandoned(Path temporary) {
    // of this process: opening it would give up the lock
    if (TemporaryFiles.contains(temporary)) {
      return;
    }
    try (FileChannel file = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
      if (file.tryLock() == null) {
        return;
      }
    } catch (IOException | OverlappingFileLockException e) {
      return;
    }
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      // the next process that opens the folder tries again
    }
  }

  /** A stream that writes sequentially, for one thread. Closing it has no effect. */
  public OutputStream stream() {
    return new OutputStream() {
      private long position;

      @Override
      public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int from, int count) throws IOException {
        OutputFile.this.write(ByteBuffer.wrap(bytes, from, count), position);
        position += count;
      }
    };
  }

  /**
   * Flushes the complete file to disk.
   *
   * @throws ModelFileException if that fails
   */
  public void complete() {
    try {
      if (temporary != null) {
        channel.force(true);
      }
      closeChannel();
    } catch (IOException e) {
      throw writeError(e);
    }
  }

  /**
   * Renames the complete file to its final name, replacing an existing file.
   *
   * @throws ModelFileException if that fails
   */
  public void rename() {
    if (temporary == null) {
      return;
    }
    try {
      Files.move(
          temporary,
          target.path(),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
      renamed = true;
      TemporaryFiles.remove(temporary);
    } catch (IOException e) {
      throw writeError(e);
    }
  }

  /** An exception that names the file. */
  public ModelFileException writeError(IOException e) {
    return OutputTarget.writeError(target.requested(), e);
  }

  private void closeChannel() throws IOException {
    if (!isStandardOutput) {
      channel.close();
    }
  }

  private void discard() {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      // report the original failure
    }
    TemporaryFiles.remove(temporary);
  }

  @Override
  public void close() {
    try {
      closeChannel();
    } catch (IOException e) {
      // report the original failure
    }
    if (temporary != null && !renamed) {
      discard();
    }
  }
}

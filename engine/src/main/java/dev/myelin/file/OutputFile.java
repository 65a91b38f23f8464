package dev.myelin.file;

import dev.myelin.error.ModelFileException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A file that is written beside its name and gets the name when it is complete and on the disk, so
 * that nobody sees half of it and a failure leaves an older one as it was. Closed without that, it
 * leaves nothing behind.
 *
 * <p>Symbolic links are followed: what they lead to is replaced. An older file's mode is kept.
 * Devices and pipes are not replaced but written to as the bytes come.
 */
public final class OutputFile implements AutoCloseable {
  /** A name is at most 255 bytes long almost everywhere. */
  private static final int MAX_PREFIX_CHARS = 60;

  private final OutputTarget target;
  private final Path temporary;
  private final FileChannel channel;
  private final ReorderBuffer reorderBuffer;
  private final boolean isStandardOutput;
  private boolean renamed;

  /**
   * Begins a file; an older one of that name stays until {@link #rename}.
   *
   * @param bytes how many it will have; 0 where that is not known
   * @throws ModelFileException naming the file, if it cannot be written or the disk has no room
   */
  public OutputFile(Path file, long bytes) {
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

  /**
   * Finds out whether a file can be written, before the work for it is done; makes nothing.
   *
   * @param bytes how many it will have; 0 where that is not known
   * @throws ModelFileException naming the file and the reason
   */
  public static void check(Path file, long bytes) {
    OutputTarget.of(file).requireWritable(bytes);
  }

  /**
   * Writes a whole file.
   *
   * @throws ModelFileException naming the file and the reason; an older one is as it was
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
   * Writes a whole file that must not be there yet; a device or a pipe may.
   *
   * @throws ModelFileException naming the file and the reason
   */
  public static void writeNew(Path file, byte[] bytes) {
    if (OutputTarget.of(file).kind() == OutputTarget.Kind.FILE) {
      throw new ModelFileException(file, "exists already", (Throwable) null);
    }
    write(file, bytes);
  }

  /** Deletes what is unfinished in this process, which is about to be halted. */
  public static void deleteUnfinished() {
    TemporaryFiles.deleteAll();
  }

  /** Hard to guess, so that two processes that write one file have a temporary file each. */
  private static String temporaryName(Path path) {
    String name = path.getFileName().toString();
    String prefix = name.length() > MAX_PREFIX_CHARS ? "myelin" : name;
    return prefix + "." + Long.toHexString(ThreadLocalRandom.current().nextLong()) + ".part";
  }

  private FileChannel openStream() throws IOException {
    // the descriptor itself: its position is where the shell's >> left it
    return isStandardOutput
        ? new FileOutputStream(FileDescriptor.out).getChannel()
        : FileChannel.open(
            target.path(), StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
  }

  private FileChannel openTemporary() throws IOException {
    TemporaryFiles.add(temporary);
    try {
      return target.kind() == OutputTarget.Kind.FILE
          ? OwnerAndMode.create(temporary, target.path())
          : FileChannel.open(temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
    } catch (IOException e) {
      discard();
      throw e;
    }
  }

  /**
   * Writes a piece that begins at a position, from any thread and in any order; every byte once.
   *
   * @param bytes all that remains in it
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

  /** Writes one piece after the other; one thread. Closing it is not needed and does nothing. */
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
   * All is written: waits until it is on the disk.
   *
   * @throws ModelFileException if it does not get there
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
   * Gives the file, which is complete, its name, in place of an older one.
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

  /** A failure to write it, as one that names it. */
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
      // the failure that left it here is the one to report
    }
    TemporaryFiles.remove(temporary);
  }

  @Override
  public void close() {
    try {
      closeChannel();
    } catch (IOException e) {
      // the failure before it is the one to report
    }
    if (temporary != null && !renamed) {
      discard();
    }
  }
}

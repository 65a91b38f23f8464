package dev.myelin.gguf;

import dev.myelin.error.ModelFileException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A file that is written beside its name and gets the name when it is complete and on the disk, so
 * that nobody sees half of it. Closed without that, it leaves nothing behind.
 */
public final class UnfinishedFile implements AutoCloseable {
  private final Path target;
  private final Path beside;
  private final FileChannel channel;
  private boolean renamed;

  /**
   * Begins a file; an older one of that name stays until {@link #rename}.
   *
   * @param bytes how many it will have; 0 where that is not known
   * @throws ModelFileException naming the file, if it cannot be written or the disk has no room
   */
  public UnfinishedFile(Path target, long bytes) {
    this.target = target;
    if (Files.isDirectory(target)) {
      throw new ModelFileException(target, "this is a folder", "expected a file to write");
    }
    try {
      Path folder = target.toAbsolutePath().getParent();
      if (folder == null || !Files.isDirectory(folder)) {
        throw new NoSuchFileException(String.valueOf(folder), null, "no such folder");
      }
      long room = Files.getFileStore(folder).getUsableSpace();
      if (room < bytes) {
        throw new ModelFileException(
            target, "needs " + bytes + " bytes", "expected room for them, the disk has " + room);
      }
      String suffix = "." + Long.toHexString(ThreadLocalRandom.current().nextLong()) + ".part";
      beside = folder.resolve(target.getFileName() + suffix);
      channel = FileChannel.open(beside, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Where its bytes go. */
  public FileChannel channel() {
    return channel;
  }

  /**
   * All is written: waits until it is on the disk.
   *
   * @throws ModelFileException if it does not get there
   */
  public void complete() {
    try {
      channel.force(true);
      channel.close();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /**
   * Gives the file, which is complete, its name, in place of an older one.
   *
   * @throws ModelFileException if that fails
   */
  public void rename() {
    try {
      Files.move(
          beside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      renamed = true;
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** A failure to write it, as one that names it. */
  public ModelFileException failed(IOException e) {
    String reason = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    if (e instanceof NoSuchFileException missing && missing.getReason() != null) {
      reason = missing.getReason();
    }
    return new ModelFileException(target, "cannot be written: " + reason, e);
  }

  @Override
  public void close() {
    try {
      channel.close();
      if (!renamed) {
        Files.deleteIfExists(beside);
      }
    } catch (IOException e) {
      // the failure that left it here is the one to report
    }
  }
}

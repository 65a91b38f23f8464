package dev.myelin.cli;

import dev.myelin.error.MyelinException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A file to be written as a whole: beside its name first, then renamed, so that nobody sees half of
 * it. What is there already and is no plain file, such as a pipe, is written to directly.
 */
final class AtomicFile implements AutoCloseable {
  private final Path target;
  private final Path beside;
  private boolean complete;

  private AtomicFile(Path target, Path beside) {
    this.target = target;
    this.beside = beside;
  }

  /**
   * Finds out whether the file can be written, before the work for it is done.
   *
   * @throws MyelinException naming the file
   */
  static AtomicFile create(Path target) {
    if (Files.isDirectory(target)) {
      throw new MyelinException(target + ": this is a folder: expected a file to write");
    }
    if (Files.exists(target) && !Files.isRegularFile(target)) {
      return new AtomicFile(target, target);
    }
    String suffix = "." + Long.toHexString(ThreadLocalRandom.current().nextLong()) + ".part";
    Path beside = target.resolveSibling(target.getFileName() + suffix);
    try {
      Files.newOutputStream(beside, StandardOpenOption.CREATE_NEW).close();
    } catch (IOException e) {
      throw Input.failure(target.toString(), e);
    }
    return new AtomicFile(target, beside);
  }

  /**
   * Writes it.
   *
   * @throws MyelinException naming the file; what was there before is still there
   */
  void write(byte[] bytes) {
    try {
      if (beside.equals(target)) {
        try (OutputStream out = Files.newOutputStream(target, StandardOpenOption.WRITE)) {
          out.write(bytes);
        }
      } else {
        Files.write(beside, bytes);
        Files.move(
            beside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      }
      complete = true;
    } catch (IOException e) {
      throw Input.failure(target.toString(), e);
    }
  }

  /** Leaves nothing behind of a file that was not written. */
  @Override
  public void close() {
    if (!complete && !beside.equals(target)) {
      try {
        Files.deleteIfExists(beside);
      } catch (IOException e) {
        // the failure that left it here is the one to report
      }
    }
  }
}

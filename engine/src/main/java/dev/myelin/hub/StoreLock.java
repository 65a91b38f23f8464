package dev.myelin.hub;

import dev.myelin.file.FileErrors;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A lock between threads and processes. The system frees it if its owner dies. */
final class StoreLock implements AutoCloseable {
  private static final Duration PAUSE = Duration.ofMillis(100);

  private final FileChannel channel;

  private StoreLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Waits for a lock.
   *
   * @param onWait called once if another owner has it
   */
  static StoreLock acquire(Path file, Cancellation cancellation, Runnable onWait) {
    StoreLock lock = tryAcquire(file);
    if (lock == null) {
      onWait.run();
    }
    while (lock == null) {
      cancellation.sleep(PAUSE);
      lock = tryAcquire(file);
    }
    return lock;
  }

  /** The lock, or null if another owner has it. */
  static @Nullable StoreLock tryAcquire(Path file) {
    try {
      Files.createDirectories(file.getParent());
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = null;
      try {
        lock = channel.tryLock();
      } catch (OverlappingFileLockException e) {
        // another thread has it
      } finally {
        if (lock == null) {
          channel.close();
        }
      }
      return lock == null ? null : new StoreLock(channel);
    } catch (IOException e) {
      throw new HubException(file + ": cannot be locked: " + FileErrors.describe(e), e);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // the lock ends with the channel
    }
  }
}

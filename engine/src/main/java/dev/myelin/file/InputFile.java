package dev.myelin.file;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;

/**
 * A file that is read by position, by any number of threads, or mapped. A {@link FileChannel} is
 * closed for all of them by the first interrupt of one; here a thread that is interrupted reads on,
 * and stays interrupted.
 */
public final class InputFile implements AutoCloseable {
  private final Path path;
  private final Object fileKey;
  private FileChannel channel;
  private boolean closed;

  private interface Action<T> {
    T apply(FileChannel channel) throws IOException;
  }

  private InputFile(Path path) throws IOException {
    this.path = path;
    fileKey = fileKey(path);
  }

  /** Opens a file. */
  public static InputFile open(Path path) throws IOException {
    InputFile file = new InputFile(path);
    file.retryAfterInterrupt(FileChannel::size);
    return file;
  }

  public long size() throws IOException {
    return retryAfterInterrupt(FileChannel::size);
  }

  /**
   * Fills what remains of a buffer.
   *
   * @return false if the file ends before
   */
  public boolean read(ByteBuffer buffer, long position) throws IOException {
    int start = buffer.position();
    while (buffer.hasRemaining()) {
      int before = buffer.position();
      int count =
          retryAfterInterrupt(
              from -> {
                buffer.position(before);
                return from.read(buffer, position + before - start);
              });
      if (count < 0) {
        return false;
      }
    }
    return true;
  }

  /**
   * Maps all of it, read-only, until the arena is closed.
   *
   * @throws IOException also where the address space has no room
   */
  public MemorySegment map(Arena arena) throws IOException {
    try {
      return retryAfterInterrupt(
          from -> from.map(FileChannel.MapMode.READ_ONLY, 0, from.size(), arena));
    } catch (IOException e) {
      if (e.getCause() instanceof OutOfMemoryError) {
        throw new IOException("the address space has no room for it (ulimit -v?)", e);
      }
      throw e;
    }
  }

  /** Repeats it after an interrupt, of this thread or another, has closed the channel. */
  private <T> T retryAfterInterrupt(Action<T> action) throws IOException {
    boolean interrupted = Thread.interrupted();
    try {
      while (true) {
        try {
          return action.apply(channel());
        } catch (ClosedChannelException e) {
          interrupted |= Thread.interrupted();
          if (isClosed()) {
            throw e;
          }
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private synchronized FileChannel channel() throws IOException {
    if (closed) {
      throw new ClosedChannelException();
    }
    if (channel == null || !channel.isOpen()) {
      FileChannel opened = FileChannel.open(path, StandardOpenOption.READ);
      if (!Objects.equals(fileKey, fileKey(path))) {
        opened.close();
        throw new IOException("another file has taken its name");
      }
      channel = opened;
    }
    return channel;
  }

  private static Object fileKey(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        // it was only read
      }
    }
  }
}

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
 * A file that any number of threads read by position, or that is mapped. An interrupt of one thread
 * closes a {@link FileChannel} for all threads; here the interrupted thread reopens it, continues,
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
   * Fills the remaining space of a buffer.
   *
   * @return false if the file ends first
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
   * Maps the whole file, read-only, until the arena is closed.
   *
   * @throws IOException also if the address space is exhausted
   */
  public MemorySegment map(Arena arena) throws IOException {
    try {
      return retryAfterInterrupt(
          from -> from.map(FileChannel.MapMode.READ_ONLY, 0, from.size(), arena));
    } catch (IOException e) {
      if (e.getCause() instanceof OutOfMemoryError) {
        throw new IOException("not enough address space to map it (ulimit -v?)", e);
      }
      throw e;
    }
  }

  /** Repeats the action if an interrupt, of this thread or another, has closed the channel. */
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
        throw new IOException("it was replaced by another file");
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
        // opened for reading: nothing can be lost
      }
    }
  }
}

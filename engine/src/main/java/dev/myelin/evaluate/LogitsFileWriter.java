package dev.myelin.evaluate;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Writes what a model predicts, for {@link LogitsFile} and llama.cpp. The file appears under its
 * name once it is complete: without {@link #commit} nothing is left behind.
 */
public final class LogitsFileWriter implements AutoCloseable {
  private final Path target;
  private final Path beside;
  private final FileChannel channel;
  private final LogitsFormat format;

  /**
   * Begins a file.
   *
   * @param vocabulary the model's
   * @throws InvalidRequestException if the chunks overlap, which the format does not know
   * @throws ModelFileException if it cannot be written
   */
  public LogitsFileWriter(Path target, TextChunks chunks, int vocabulary) {
    if (!chunks.isConsecutive()) {
      throw new InvalidRequestException(
          "logits are saved of chunks that follow each other: expected no stride");
    }
    this.target = target;
    format = new LogitsFormat(chunks.contextLength(), vocabulary, chunks.count());
    try {
      Path folder = target.toAbsolutePath().getParent();
      requireRoom(folder);
      String suffix = "." + Long.toHexString(ThreadLocalRandom.current().nextLong()) + ".part";
      beside = folder.resolve(target.getFileName() + suffix);
      channel = FileChannel.open(beside, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
    } catch (IOException e) {
      throw failed(e);
    }
    try {
      writeFully(header(chunks.chunkTokens()), 0);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private void requireRoom(Path folder) throws IOException {
    if (Files.isDirectory(target)) {
      throw new ModelFileException(target, "this is a folder", "expected a file to write");
    }
    if (folder == null || !Files.isDirectory(folder)) {
      throw new NoSuchFileException(String.valueOf(folder), null, "no such folder");
    }
    long room = Files.getFileStore(folder).getUsableSpace();
    if (room < format.size()) {
      throw new ModelFileException(
          target,
          "needs " + format.size() + " bytes",
          "expected room for them, the disk has " + room);
    }
  }

  private ByteBuffer header(int[] tokens) {
    int bytes = Math.toIntExact(LogitsFormat.HEADER_BYTES + format.tokenBytes());
    ByteBuffer header = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    header.put(LogitsFormat.MAGIC);
    header.putInt(format.contextLength()).putInt(format.vocabulary()).putInt(format.chunks());
    header.asIntBuffer().put(tokens);
    return header.position(0);
  }

  /** Bytes of the complete file. */
  public long bytes() {
    return format.size();
  }

  /** Writes a row; any thread may, in any order. */
  void write(int chunk, int row, Distribution from) {
    ByteBuffer bytes = format.rowBuffer();
    format.encode(from, bytes);
    writeFully(bytes, format.offset(chunk, row));
  }

  private void writeFully(ByteBuffer bytes, long at) {
    long next = at;
    try {
      while (bytes.hasRemaining()) {
        next += channel.write(bytes, next);
      }
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /**
   * Gives the file its name; every row must have been written.
   *
   * @throws ModelFileException if that fails
   */
  public void commit() {
    try {
      channel.force(true);
      channel.close();
      Files.move(
          beside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
      Files.deleteIfExists(beside);
    } catch (IOException e) {
      // the failure that left it here is the one to report
    }
  }

  private ModelFileException failed(IOException e) {
    String reason =
        e instanceof NoSuchFileException missing && missing.getReason() != null
            ? missing.getReason()
            : String.valueOf(e.getMessage());
    return new ModelFileException(target, "cannot be written: " + reason, e);
  }
}

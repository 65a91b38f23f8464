package dev.myelin.evaluate;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.file.OutputFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * Writes what a model predicts, for {@link LogitsFile} and llama.cpp. The file appears under its
 * name once it is complete: without {@link #commit} nothing is left behind.
 */
public final class LogitsFileWriter implements AutoCloseable {
  private final OutputFile file;
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
    format = new LogitsFormat(chunks.contextLength(), vocabulary, chunks.count());
    file = new OutputFile(target, format.size());
    try {
      writeFully(header(chunks.chunkTokens()), 0);
    } catch (RuntimeException e) {
      close();
      throw e;
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
    try {
      file.write(bytes, at);
    } catch (IOException e) {
      throw file.failed(e);
    }
  }

  /**
   * Gives the file its name; every row must have been written.
   *
   * @throws ModelFileException if that fails
   */
  public void commit() {
    file.complete();
    file.rename();
  }

  @Override
  public void close() {
    file.close();
  }
}

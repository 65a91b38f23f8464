package dev.myelin.evaluate;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.file.OutputFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * Writes a model's predictions, for {@link LogitsFile} and llama.cpp. The file appears under its
 * name when {@link #commit} is called; otherwise nothing is left. Confined to one thread at a time.
 */
public final class LogitsFileWriter implements AutoCloseable {
  private final OutputFile file;
  private final LogitsFormat format;

  /**
   * Creates a file.
   *
   * @param vocabulary size of the model's vocabulary
   * @throws InvalidRequestException if the chunks overlap, which the format does not support
   * @throws ModelFileException if it cannot be written
   */
  public LogitsFileWriter(Path target, TextChunks chunks, int vocabulary) {
    if (!chunks.isConsecutive()) {
      throw new InvalidRequestException(
          "logits of overlapping windows cannot be saved: expected no stride");
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

  /** Size of the complete file in bytes. */
  public long bytes() {
    return format.size();
  }

  /** Writes a row; from any thread, in any order. */
  void write(int chunk, int row, Distribution from) {
    ByteBuffer bytes = format.rowBuffer();
    format.encode(from, bytes);
    writeFully(bytes, format.offset(chunk, row));
  }

  private void writeFully(ByteBuffer bytes, long offset) {
    try {
      file.write(bytes, offset);
    } catch (IOException e) {
      throw file.writeError(e);
    }
  }

  /**
   * Moves the file to its name; all rows must have been written.
   *
   * @throws ModelFileException if this fails
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

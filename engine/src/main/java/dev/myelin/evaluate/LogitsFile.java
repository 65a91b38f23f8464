package dev.myelin.evaluate;

import dev.myelin.error.ModelFileException;
import dev.myelin.file.FileReason;
import dev.myelin.file.InputFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A file of log-probabilities as llama.cpp's perplexity tool writes it ({@code --save-all-logits}),
 * and {@link LogitsFileWriter}: what an original predicted for every token of a text. Rows are read
 * when they are needed. Any number of threads may read one.
 */
public final class LogitsFile implements AutoCloseable {
  private static final int MOST_TOKENS = 1 << 28;

  private final Path path;
  private final InputFile input;
  private final LogitsFormat format;
  private final int[] tokens;

  private LogitsFile(Path path, InputFile input) throws IOException {
    this.path = path;
    this.input = input;
    format = format();
    tokens = readTokens();
  }

  /**
   * Opens a file and checks its header, tokens and length.
   *
   * @throws ModelFileException naming what is wrong with it
   */
  public static LogitsFile open(Path path) {
    if (Files.isDirectory(path)) {
      throw new ModelFileException(path, "this is a folder", "expected a file of logits");
    }
    InputFile input = null;
    try {
      input = InputFile.open(path);
      return new LogitsFile(path, input);
    } catch (IOException e) {
      close(input);
      throw failed(path, e);
    } catch (RuntimeException e) {
      close(input);
      throw e;
    }
  }

  /** Whether a file begins as those do; false where it cannot be read. */
  public static boolean isOne(Path path) {
    if (!Files.isRegularFile(path)) {
      return false;
    }
    try (InputFile input = InputFile.open(path)) {
      ByteBuffer magic = ByteBuffer.allocate(LogitsFormat.MAGIC.length);
      readFully(input, magic, 0);
      return Arrays.equals(magic.array(), LogitsFormat.MAGIC);
    } catch (IOException e) {
      return false;
    }
  }

  public Path path() {
    return path;
  }

  /** Tokens of a chunk. */
  public int contextLength() {
    return format.contextLength();
  }

  public int vocabulary() {
    return format.vocabulary();
  }

  public int chunks() {
    return format.chunks();
  }

  /** The tokens of all chunks, one after the other. */
  public int[] tokens() {
    return tokens.clone();
  }

  /** Reads what was predicted at a position. */
  void read(int chunk, int row, Distribution to) {
    ByteBuffer bytes = format.rowBuffer();
    try {
      readFully(input, bytes, format.offset(chunk, row));
    } catch (IOException e) {
      throw failed(path, e);
    }
    format.decode(bytes, to, path, chunk, row);
  }

  private LogitsFormat format() throws IOException {
    ByteBuffer header = ByteBuffer.allocate(LogitsFormat.HEADER_BYTES);
    header.order(ByteOrder.LITTLE_ENDIAN);
    long size = input.size();
    byte[] magic = LogitsFormat.MAGIC;
    if (size < LogitsFormat.HEADER_BYTES) {
      throw bad(size + " bytes", "expected a file of logits, which begins with \"_logits_\"");
    }
    readFully(input, header, 0);
    if (!Arrays.equals(header.array(), 0, magic.length, magic, 0, magic.length)) {
      throw bad("no file of logits", "expected it to begin with \"_logits_\"");
    }
    header.position(magic.length);
    int context =
        bounded("context", header.getInt(), ChunkOptions.LEAST_CONTEXT, ChunkOptions.MOST_CONTEXT);
    int vocabulary = bounded("vocabulary", header.getInt(), 1, MOST_TOKENS);
    int chunks = bounded("chunks", header.getInt(), 1, Integer.MAX_VALUE);
    LogitsFormat read = new LogitsFormat(context, vocabulary, chunks);
    if (read.size() != size) {
      String expected = read.size() == Long.MAX_VALUE ? "more than any" : "" + read.size();
      throw bad(
          "%s chunks of %s tokens, vocabulary %s".formatted(chunks, context, vocabulary),
          "expected %s bytes, the file has %s".formatted(expected, size));
    }
    if (read.tokenBytes() / Integer.BYTES > MOST_TOKENS) {
      throw bad(chunks + " chunks of " + context, "expected at most " + MOST_TOKENS + " tokens");
    }
    return read;
  }

  private int[] readTokens() throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(format.tokenBytes()));
    readFully(input, bytes.order(ByteOrder.LITTLE_ENDIAN), LogitsFormat.HEADER_BYTES);
    int[] ids = new int[bytes.capacity() / Integer.BYTES];
    bytes.flip().asIntBuffer().get(ids);
    for (int i = 0; i < ids.length; i++) {
      bounded("token " + i, ids[i], 0, format.vocabulary() - 1);
    }
    return ids;
  }

  private int bounded(String what, int value, int least, int most) {
    if (value < least || value > most) {
      throw bad(what + " = " + value, "expected " + least + " to " + most);
    }
    return value;
  }

  private ModelFileException bad(String subject, String expected) {
    return new ModelFileException(path, subject, expected);
  }

  private static void readFully(InputFile from, ByteBuffer to, long at) throws IOException {
    if (!from.read(to, at)) {
      throw new IOException("it ends at byte " + (at + to.position()));
    }
  }

  private static ModelFileException failed(Path path, IOException e) {
    String reason = e instanceof NoSuchFileException ? "no such file" : FileReason.of(e);
    return new ModelFileException(path, "cannot be read: " + reason, e);
  }

  private static void close(InputFile input) {
    if (input != null) {
      input.close();
    }
  }

  @Override
  public void close() {
    input.close();
  }
}

package dev.myelin.evaluate;

import dev.myelin.error.ModelFileException;
import dev.myelin.file.FileErrors;
import dev.myelin.file.InputFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A file of log-probabilities that an original model predicted for a text, in the format of
 * llama.cpp's {@code --save-all-logits} and of {@link LogitsFileWriter}. Rows are read on demand.
 * Thread-safe.
 */
public final class LogitsFile implements AutoCloseable {
  private static final int MAX_TOKENS = 1 << 28;

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
   * @throws ModelFileException naming the invalid part
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
      throw readFailure(path, e);
    } catch (RuntimeException e) {
      close(input);
      throw e;
    }
  }

  /** Whether a file starts with the magic of this format; false if it cannot be read. */
  public static boolean isLogitsFile(Path path) {
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

  /** Tokens per chunk. */
  public int contextLength() {
    return format.contextLength();
  }

  public int vocabulary() {
    return format.vocabulary();
  }

  public int chunks() {
    return format.chunks();
  }

  /** The tokens of all chunks, concatenated. */
  public int[] tokens() {
    return tokens.clone();
  }

  /** Reads a row: the prediction at one position. */
  void read(int chunk, int row, Distribution to) {
    ByteBuffer bytes = format.rowBuffer();
    try {
      readFully(input, bytes, format.offset(chunk, row));
    } catch (IOException e) {
      throw readFailure(path, e);
    }
    format.decode(bytes, to, path, chunk, row);
  }

  private LogitsFormat format() throws IOException {
    ByteBuffer header = ByteBuffer.allocate(LogitsFormat.HEADER_BYTES);
    header.order(ByteOrder.LITTLE_ENDIAN);
    long size = input.size();
    byte[] magic = LogitsFormat.MAGIC;
    if (size < LogitsFormat.HEADER_BYTES) {
      throw invalid(size + " bytes", "expected a file of logits, which starts with \"_logits_\"");
    }
    readFully(input, header, 0);
    if (!Arrays.equals(header.array(), 0, magic.length, magic, 0, magic.length)) {
      throw invalid("not a file of logits", "expected it to start with \"_logits_\"");
    }
    header.position(magic.length);
    int context =
        checkRange("context", header.getInt(), ChunkOptions.MIN_CONTEXT, ChunkOptions.MAX_CONTEXT);
    int vocabulary = checkRange("vocabulary", header.getInt(), 1, MAX_TOKENS);
    int chunks = checkRange("chunks", header.getInt(), 1, Integer.MAX_VALUE);
    LogitsFormat format = new LogitsFormat(context, vocabulary, chunks);
    if (format.size() != size) {
      String expected = format.size() == Long.MAX_VALUE ? "more than any" : "" + format.size();
      throw invalid(
          "%s chunks of %s tokens, vocabulary %s".formatted(chunks, context, vocabulary),
          "expected %s bytes, the file has %s".formatted(expected, size));
    }
    if (format.tokenBytes() / Integer.BYTES > MAX_TOKENS) {
      throw invalid(chunks + " chunks of " + context, "expected at most " + MAX_TOKENS + " tokens");
    }
    return format;
  }

  private int[] readTokens() throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(format.tokenBytes()));
    readFully(input, bytes.order(ByteOrder.LITTLE_ENDIAN), LogitsFormat.HEADER_BYTES);
    int[] ids = new int[bytes.capacity() / Integer.BYTES];
    bytes.flip().asIntBuffer().get(ids);
    for (int i = 0; i < ids.length; i++) {
      checkRange("token " + i, ids[i], 0, format.vocabulary() - 1);
    }
    return ids;
  }

  private int checkRange(String name, int value, int min, int max) {
    if (value < min || value > max) {
      throw invalid(name + " = " + value, "expected " + min + " to " + max);
    }
    return value;
  }

  private ModelFileException invalid(String subject, String expected) {
    return new ModelFileException(path, subject, expected);
  }

  private static void readFully(InputFile from, ByteBuffer to, long offset) throws IOException {
    if (!from.read(to, offset)) {
      throw new IOException("the file ends at byte " + (offset + to.position()));
    }
  }

  private static ModelFileException readFailure(Path path, IOException e) {
    String reason = e instanceof NoSuchFileException ? "no such file" : FileErrors.describe(e);
    return new ModelFileException(path, "cannot be read: " + reason, e);
  }

  private static void close(@Nullable InputFile input) {
    if (input != null) {
      input.close();
    }
  }

  @Override
  public void close() {
    input.close();
  }
}

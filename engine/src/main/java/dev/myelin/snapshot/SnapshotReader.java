package dev.myelin.snapshot;

import dev.myelin.error.ModelFileException;
import dev.myelin.file.FileErrors;
import dev.myelin.file.InputFile;
import dev.myelin.state.StateBlock;
import dev.myelin.state.StateExtent;
import dev.myelin.state.StateLayout;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * An open snapshot. Its header, tokens and application's data are checked when it is opened, its
 * states while they are read. Confined to one thread at a time.
 */
public final class SnapshotReader implements AutoCloseable {
  private final Path path;
  private final InputFile file;
  private final SnapshotHeader header;
  private final int[] tokens;
  private final byte[] extra;
  private long position;

  private SnapshotReader(Path path, InputFile file, SnapshotKey key, StateLayout layout, int most)
      throws IOException {
    this.path = path;
    this.file = file;
    long size = file.size();
    ByteBuffer prefix = ByteBuffer.allocate(SnapshotHeader.PREFIX_BYTES);
    fill(prefix, "its header");
    position = 0;
    ByteBuffer bytes = ByteBuffer.allocate(SnapshotHeader.bytes(prefix.flip(), path));
    fill(bytes, "its header");
    header = SnapshotHeader.decode(bytes.flip(), path);
    key.requireSame(header.key(), path);
    if (!header.layout().equals(layout)) {
      throw new ModelFileException(
          path,
          "states of " + header.layout().pageBytes() + " bytes a page",
          "expected " + layout.pageBytes());
    }
    if (size != header.fileBytes()) {
      throw new ModelFileException(
          path, size + " bytes", "expected " + header.fileBytes() + " by its header");
    }
    if (extent().length() > most) {
      throw new ModelFileException(
          path,
          extent().length() + " tokens",
          "expected at most " + most + ", the length of the context");
    }
    ByteBuffer ids = section(4 * extent().length(), "its tokens");
    tokens = new int[extent().length()];
    ids.order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(tokens);
    extra = section(header.extraBytes(), "the application's data").array();
  }

  /**
   * Opens a snapshot.
   *
   * @param key of the sequence that will be restored
   * @param layout of its states
   * @param most the most tokens that it can have
   * @throws ModelFileException naming the file and what is wrong: it cannot be read, is no
   *     snapshot, is damaged or cut, has another version, or is of another model, cache type or
   *     context class
   */
  public static SnapshotReader open(Path path, SnapshotKey key, StateLayout layout, int most) {
    InputFile file = null;
    try {
      file = InputFile.open(path);
      return new SnapshotReader(path, file, key, layout, most);
    } catch (IOException e) {
      close(file);
      throw readError(path, e);
    } catch (RuntimeException e) {
      close(file);
      throw e;
    }
  }

  private static void close(InputFile file) {
    if (file != null) {
      file.close();
    }
  }

  private static ModelFileException readError(Path path, IOException e) {
    return new ModelFileException(path, "cannot be read: " + FileErrors.describe(e), e);
  }

  public Path path() {
    return path;
  }

  /** Which states it has. */
  public StateExtent extent() {
    return header.extent();
  }

  /** The tokens; not yet compared with a vocabulary. */
  public int[] tokens() {
    return tokens.clone();
  }

  /** The application's data. */
  public byte[] extra() {
    return extra.clone();
  }

  /**
   * Reads the states, once.
   *
   * @param blocks of {@link #extent}, to be filled
   * @throws ModelFileException if they are damaged; some blocks may be filled
   */
  public void read(List<StateBlock> blocks) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(Math.max(1, header.layout().largest()));
      for (StateBlock block : blocks) {
        MemorySegment bytes = buffer.asSlice(0, block.bytes());
        CRC32C crc = new CRC32C();
        for (long at = 0; at < bytes.byteSize(); at += Chunks.BYTES) {
          ByteBuffer chunk = Chunks.of(bytes, at);
          fill(chunk, "its states");
          crc.update(chunk.flip());
        }
        check(crc, "its states");
        block.write(bytes);
      }
    } catch (IOException e) {
      throw readError(path, e);
    }
  }

  private ByteBuffer section(int count, String what) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count);
    fill(bytes, what);
    CRC32C crc = new CRC32C();
    crc.update(bytes.flip());
    check(crc, what);
    return bytes.flip();
  }

  private void check(CRC32C crc, String what) throws IOException {
    ByteBuffer stored = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
    fill(stored, what);
    if (stored.getInt(0) != (int) crc.getValue()) {
      throw SnapshotHeader.damaged(path, what);
    }
  }

  private void fill(ByteBuffer bytes, String what) throws IOException {
    int count = bytes.remaining();
    if (!file.read(bytes, position)) {
      throw new ModelFileException(path, what, "cut: the file ends before");
    }
    position += count;
  }

  @Override
  public void close() {
    file.close();
  }
}

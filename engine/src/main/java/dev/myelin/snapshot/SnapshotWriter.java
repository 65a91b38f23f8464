package dev.myelin.snapshot;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.file.OutputFile;
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

/** Writes snapshots. Confined to one thread at a time. */
public final class SnapshotWriter {
  private final OutputFile out;
  private long position;

  /**
   * The states of a sequence. Immutable; the blocks are valid while they are retained.
   *
   * @param blocks those of the extent
   */
  public record States(StateLayout layout, StateExtent extent, List<StateBlock> blocks) {}

  private SnapshotWriter(OutputFile out) {
    this.out = out;
  }

  /**
   * Writes a snapshot; an existing file is replaced when the new one is complete. A new one can be
   * read by its owner only.
   *
   * @param tokens as many as the extent says
   * @param extra the application's data, at most 64 MB
   * @throws dev.myelin.error.ModelFileException if the file cannot be written
   */
  public static void write(Path file, SnapshotKey key, States states, int[] tokens, byte[] extra) {
    if (extra.length > SnapshotHeader.MAX_EXTRA_BYTES) {
      throw new InvalidRequestException(
          "%s: %s bytes of the application: expected at most %s"
              .formatted(file, extra.length, SnapshotHeader.MAX_EXTRA_BYTES));
    }
    SnapshotHeader header = new SnapshotHeader(key, states.extent, states.layout, extra.length);
    try (OutputFile out = OutputFile.ownerOnly(file, header.fileBytes());
        Arena arena = Arena.ofConfined()) {
      SnapshotWriter writer = new SnapshotWriter(out);
      try {
        writer.put(header.encode());
        ByteBuffer ids = ByteBuffer.allocate(4 * tokens.length).order(ByteOrder.LITTLE_ENDIAN);
        ids.asIntBuffer().put(tokens);
        writer.section(ids);
        writer.section(ByteBuffer.wrap(extra));
        MemorySegment buffer = arena.allocate(Math.max(1, states.layout.largest()));
        for (StateBlock block : states.blocks) {
          MemorySegment bytes = buffer.asSlice(0, block.bytes());
          block.read(bytes);
          writer.section(bytes);
        }
      } catch (IOException e) {
        throw out.writeError(e);
      }
      out.complete();
      out.rename();
    }
  }

  private void section(ByteBuffer bytes) throws IOException {
    CRC32C crc = new CRC32C();
    crc.update(bytes.duplicate());
    put(bytes);
    put(crc);
  }

  private void section(MemorySegment bytes) throws IOException {
    CRC32C crc = new CRC32C();
    for (long at = 0; at < bytes.byteSize(); at += Chunks.BYTES) {
      ByteBuffer chunk = Chunks.of(bytes, at);
      crc.update(chunk.duplicate());
      put(chunk);
    }
    put(crc);
  }

  private void put(CRC32C crc) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
    put(bytes.putInt(0, (int) crc.getValue()));
  }

  private void put(ByteBuffer bytes) throws IOException {
    int count = bytes.remaining();
    out.write(bytes, position);
    position += count;
  }
}

package dev.myelin.gguf;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Writes files beside their final names and renames them once all are complete. */
final class FileWriter {
  /** The most handed to the system at once: heap memory is copied on the way. */
  private static final int PIECE = 1 << 20;

  /** A file to write. */
  record Job(Path file, FileLayout layout) {}

  void write(List<Job> jobs) {
    List<UnfinishedFile> files = new ArrayList<>();
    try {
      for (Job job : jobs) {
        UnfinishedFile file = new UnfinishedFile(job.file(), job.layout().size());
        files.add(file);
        writeAll(job.layout(), file);
      }
      // the first part last: without it the others are no checkpoint
      files.reversed().forEach(UnfinishedFile::rename);
    } finally {
      files.forEach(UnfinishedFile::close);
    }
  }

  private static void writeAll(FileLayout layout, UnfinishedFile file) {
    try {
      layout.writeTo((at, piece) -> writeAll(file.channel(), at, piece));
    } catch (IOException e) {
      throw file.failed(e);
    }
    file.complete();
  }

  private static void writeAll(FileChannel out, long position, MemorySegment bytes)
      throws IOException {
    for (long at = 0; at < bytes.byteSize(); at += PIECE) {
      MemorySegment piece = bytes.asSlice(at, Math.min(PIECE, bytes.byteSize() - at));
      if (!piece.isNative()) { // a view of a float[] is no ByteBuffer
        piece = MemorySegment.ofArray(piece.toArray(ValueLayout.JAVA_BYTE));
      }
      ByteBuffer buffer = piece.asByteBuffer();
      while (buffer.hasRemaining()) {
        out.write(buffer, position + at + buffer.position());
      }
    }
  }
}

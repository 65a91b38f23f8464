package dev.myelin.gguf;

import dev.myelin.file.OutputFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Writes temporary files and renames them once all are complete. */
final class FileWriter {
  /** The largest single write. Writing from heap memory copies it first. */
  private static final int CHUNK_BYTES = 1 << 20;

  /** A file to write. */
  record Job(Path file, FileLayout layout) {}

  void write(List<Job> jobs) {
    List<OutputFile> files = new ArrayList<>();
    try {
      for (Job job : jobs) {
        OutputFile file = new OutputFile(job.file(), job.layout().size());
        files.add(file);
        writeAll(job.layout(), file);
      }
      // rename the first part last: without it the others are not a checkpoint
      files.reversed().forEach(OutputFile::rename);
    } finally {
      files.forEach(OutputFile::close);
    }
  }

  private static void writeAll(FileLayout layout, OutputFile file) {
    try {
      layout.writeTo((offset, chunk) -> writeAll(file, offset, chunk));
    } catch (IOException e) {
      throw file.writeError(e);
    }
    file.complete();
  }

  private static void writeAll(OutputFile out, long position, MemorySegment bytes)
      throws IOException {
    for (long offset = 0; offset < bytes.byteSize(); offset += CHUNK_BYTES) {
      MemorySegment chunk = bytes.asSlice(offset, Math.min(CHUNK_BYTES, bytes.byteSize() - offset));
      if (!chunk.isNative()) { // a view of a float[] has no ByteBuffer
        chunk = MemorySegment.ofArray(chunk.toArray(ValueLayout.JAVA_BYTE));
      }
      out.write(chunk.asByteBuffer(), position + offset);
    }
  }
}

package dev.myelin.gguf;

import dev.myelin.file.OutputFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Writes files beside their final names and renames them once all are complete. */
final class FileWriter {
  /** The most handed to the system at once: heap memory is copied on the way. */
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
      // the first part last: without it the others are no checkpoint
      files.reversed().forEach(OutputFile::rename);
    } finally {
      files.forEach(OutputFile::close);
    }
  }

  private static void writeAll(FileLayout layout, OutputFile file) {
    try {
      layout.writeTo((at, chunk) -> writeAll(file, at, chunk));
    } catch (IOException e) {
      throw file.failed(e);
    }
    file.complete();
  }

  private static void writeAll(OutputFile out, long position, MemorySegment bytes)
      throws IOException {
    for (long at = 0; at < bytes.byteSize(); at += CHUNK_BYTES) {
      MemorySegment chunk = bytes.asSlice(at, Math.min(CHUNK_BYTES, bytes.byteSize() - at));
      if (!chunk.isNative()) { // a view of a float[] is no ByteBuffer
        chunk = MemorySegment.ofArray(chunk.toArray(ValueLayout.JAVA_BYTE));
      }
      out.write(chunk.asByteBuffer(), position + at);
    }
  }
}

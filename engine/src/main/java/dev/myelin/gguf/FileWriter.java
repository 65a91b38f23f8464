package dev.myelin.gguf;

import dev.myelin.error.ModelFileException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** Writes files beside their final names and renames them once all are complete. */
final class FileWriter {
  /** The most handed to the system at once: heap memory is copied on the way. */
  private static final int PIECE = 1 << 20;

  private final List<Path> unfinished = new ArrayList<>();

  /** A file to write. */
  record Job(Path file, FileLayout layout) {}

  void write(List<Job> jobs) {
    try {
      List<Path> complete = new ArrayList<>();
      for (Job job : jobs) {
        complete.add(writeBeside(job));
      }
      // the first part last: without it the others are no checkpoint
      for (int i = jobs.size() - 1; i >= 0; i--) {
        rename(complete.get(i), jobs.get(i).file());
      }
    } finally {
      unfinished.forEach(FileWriter::delete);
    }
  }

  private Path writeBeside(Job job) {
    Path target = job.file();
    try {
      if (Files.isDirectory(target)) {
        throw new ModelFileException(target, "this is a folder", "expected a file to write");
      }
      Path folder = target.toAbsolutePath().getParent();
      checkRoom(folder, job);
      Path beside =
          folder.resolve(
              target.getFileName()
                  + "."
                  + Long.toHexString(ThreadLocalRandom.current().nextLong())
                  + ".part");
      try (FileChannel out =
          FileChannel.open(beside, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
        unfinished.add(beside);
        job.layout().writeTo((at, piece) -> writeAll(out, at, piece));
        out.force(true);
      }
      return beside;
    } catch (IOException e) {
      throw failed(target, e);
    }
  }

  private static void checkRoom(Path folder, Job job) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new NoSuchFileException(folder.toString(), null, "no such folder");
    }
    long room = Files.getFileStore(folder).getUsableSpace();
    if (room < job.layout().size()) {
      throw new ModelFileException(
          job.file(),
          "needs " + job.layout().size() + " bytes",
          "expected room for them, the disk has " + room);
    }
  }

  private void rename(Path complete, Path target) {
    try {
      Files.move(
          complete, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      unfinished.remove(complete);
    } catch (IOException e) {
      throw failed(target, e);
    }
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

  private static ModelFileException failed(Path target, IOException e) {
    String reason = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return new ModelFileException(target, "cannot be written: " + reason, e);
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // the failure that left it here is the one to report
    }
  }
}

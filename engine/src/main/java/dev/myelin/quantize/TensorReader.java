package dev.myelin.quantize;

import dev.myelin.error.ModelFileException;
import dev.myelin.file.FileErrors;
import dev.myelin.file.InputFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a checkpoint's tensors with positional reads rather than a memory mapping: the data does
 * not stay in the process's resident memory, and a file truncated meanwhile is an error, not a
 * crash.
 */
final class TensorReader implements AutoCloseable {
  private final List<Path> files;
  private final List<InputFile> inputs = new ArrayList<>();

  TensorReader(List<Path> files) {
    this.files = files;
    try {
      for (Path file : files) {
        inputs.add(InputFile.open(file));
      }
    } catch (IOException e) {
      close();
      throw failed(files.get(inputs.size()), e);
    }
  }

  /** Fills {@code target} from a file offset. Thread-safe. */
  void read(int part, long position, MemorySegment target) {
    try {
      if (!inputs.get(part).read(target.asByteBuffer(), position)) {
        throw new ModelFileException(
            files.get(part), "ends within a tensor", "the file was changed while it was read");
      }
    } catch (IOException e) {
      throw failed(files.get(part), e);
    }
  }

  private static ModelFileException failed(Path file, IOException e) {
    return new ModelFileException(file, "cannot be read: " + FileErrors.describe(e), e);
  }

  @Override
  public void close() {
    inputs.forEach(InputFile::close);
  }
}

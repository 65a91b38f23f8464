package dev.myelin.quantize;

import dev.myelin.error.ModelFileException;
import dev.myelin.file.FileReason;
import dev.myelin.file.InputFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a checkpoint's tensors by positions rather than through a mapping: what was read does not
 * stay in the process's memory, and a file that someone cuts short is an error, not a crash.
 */
final class TensorSource implements AutoCloseable {
  private final List<Path> files;
  private final List<InputFile> inputs = new ArrayList<>();

  TensorSource(List<Path> files) {
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

  /** Fills {@code into} from a position; any thread. */
  void read(int part, long position, MemorySegment into) {
    try {
      if (!inputs.get(part).read(into.asByteBuffer(), position)) {
        throw new ModelFileException(
            files.get(part), "it ends within a tensor", "has someone changed it meanwhile?");
      }
    } catch (IOException e) {
      throw failed(files.get(part), e);
    }
  }

  private static ModelFileException failed(Path file, IOException e) {
    return new ModelFileException(file, "cannot be read: " + FileReason.of(e), e);
  }

  @Override
  public void close() {
    inputs.forEach(InputFile::close);
  }
}

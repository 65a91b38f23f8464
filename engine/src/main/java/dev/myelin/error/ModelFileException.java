package dev.myelin.error;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A checkpoint that cannot be read or contradicts itself. Thread-safe. */
public class ModelFileException extends MyelinException {
  private static final long serialVersionUID = 1L;

  /**
   * @param file the checkpoint
   * @param subject the key, tensor or field at fault, with its value
   * @param expected what was wrong with it or expected instead
   */
  public ModelFileException(Path file, String subject, String expected) {
    super(Printable.of(file + ": " + subject + ": " + expected));
  }

  public ModelFileException(Path file, String problem, @Nullable Throwable cause) {
    super(Printable.of(file + ": " + problem), cause);
  }
}

package dev.myelin.error;

import java.nio.file.Path;

/**
 * A sound checkpoint of a kind that Myelin does not run: architecture, tokenizer or type.
 * Thread-safe.
 */
public class UnsupportedModelException extends ModelFileException {
  private static final long serialVersionUID = 1L;

  public UnsupportedModelException(Path file, String subject, String supported) {
    super(file, subject, supported);
  }
}

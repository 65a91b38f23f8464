package dev.myelin.gguf;

import dev.myelin.error.IllegalUseException;
import java.nio.file.Path;

/** Whether a checkpoint is open. Shared by all objects that read from it. */
final class Lifetime {
  private final Path path;
  private volatile boolean open = true;

  Lifetime(Path path) {
    this.path = path;
  }

  boolean isOpen() {
    return open;
  }

  void close() {
    open = false;
  }

  void requireOpen() {
    if (!open) {
      throw closedError();
    }
  }

  IllegalUseException closedError() {
    return new IllegalUseException(path + ": used after it was closed");
  }
}

package dev.myelin.gguf;

import dev.myelin.error.IllegalUseException;
import java.nio.file.Path;

/** Whether a checkpoint's bytes may still be read; shared by everything that reads them. */
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

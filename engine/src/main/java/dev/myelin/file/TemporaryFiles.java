package dev.myelin.file;

import dev.myelin.error.CancelledException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The temporary files of this process. A shutdown hook deletes them. */
final class TemporaryFiles {
  private static final Set<Path> ALL = ConcurrentHashMap.newKeySet();
  private static Thread hook;

  private TemporaryFiles() {}

  /**
   * Registers a file before it is created.
   *
   * @throws CancelledException if the JVM is shutting down
   */
  static synchronized void add(Path file) {
    if (hook == null) {
      Thread thread = new Thread(TemporaryFiles::deleteAll, "myelin-unfinished-files");
      try {
        Runtime.getRuntime().addShutdownHook(thread);
      } catch (IllegalStateException e) {
        throw new CancelledException(file + ": not written, the process is shutting down");
      }
      hook = thread;
    }
    ALL.add(file);
  }

  static boolean contains(Path file) {
    return ALL.contains(file);
  }

  /**
   * Unregisters a deleted or renamed file. Removes the hook, which would keep the classes loaded.
   */
  static synchronized void remove(Path file) {
    ALL.remove(file);
    if (!ALL.isEmpty() || hook == null) {
      return;
    }
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
      hook = null;
    } catch (IllegalStateException e) {
      // the JVM is shutting down, and the hook runs
    }
  }

  /** Takes no lock: a process that is being killed must not wait. */
  static void deleteAll() {
    for (Path file : ALL) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        // the JVM is shutting down: nowhere to report it
      }
    }
  }
}

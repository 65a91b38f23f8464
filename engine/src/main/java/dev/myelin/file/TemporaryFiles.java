package dev.myelin.file;

import dev.myelin.error.CancelledException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The temporary files of this process: they are deleted when it ends, except by SIGKILL. */
final class TemporaryFiles {
  private static final Set<Path> ALL = ConcurrentHashMap.newKeySet();
  private static Thread hook;

  private TemporaryFiles() {}

  /**
   * Remembers a file that is about to be made.
   *
   * @throws CancelledException if the process ends already
   */
  static synchronized void add(Path file) {
    if (hook == null) {
      Thread thread = new Thread(TemporaryFiles::deleteAll, "unfinished-files");
      try {
        Runtime.getRuntime().addShutdownHook(thread);
      } catch (IllegalStateException e) {
        throw new CancelledException(file + ": not written, the process ends");
      }
      hook = thread;
    }
    ALL.add(file);
  }

  /** The file is gone or has its name. No hook stays behind, which would hold the classes. */
  static synchronized void remove(Path file) {
    ALL.remove(file);
    if (!ALL.isEmpty() || hook == null) {
      return;
    }
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
      hook = null;
    } catch (IllegalStateException e) {
      // the process ends, and the hook runs
    }
  }

  /** Takes no lock: a process that is being killed does not wait. */
  static void deleteAll() {
    for (Path file : ALL) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        // the process ends: nowhere to report it
      }
    }
  }
}

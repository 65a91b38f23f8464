package dev.myelin.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;

/** Writes small files whole or not at all. */
final class AtomicFile {
  private AtomicFile() {}

  static void write(Path file, byte[] bytes) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    String suffix = "." + Long.toHexString(ThreadLocalRandom.current().nextLong()) + ".part";
    Path beside = folder.resolve(file.getFileName() + suffix);
    try {
      Files.write(beside, bytes, StandardOpenOption.CREATE_NEW);
      Files.move(beside, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(beside);
    }
  }
}

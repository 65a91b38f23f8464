package dev.myelin.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Real checkpoints and vocabularies beside the project; tests are skipped if they are missing. */
public final class SharedData {
  private SharedData() {}

  /** The project's root, from the system property {@code myelin.home}. */
  public static Path projectRoot() {
    return Path.of(System.getProperty("myelin.home", "..")).toAbsolutePath().normalize();
  }

  /** Returns {@code ../shared/NAME}, or skips the calling test if it is missing. */
  public static Path path(String name) {
    Path file = projectRoot().resolveSibling("shared").resolve(name);
    assumeTrue(Files.exists(file), () -> "skipped: no test data at ../shared/" + name);
    return file;
  }
}

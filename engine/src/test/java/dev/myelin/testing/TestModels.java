package dev.myelin.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Published checkpoints downloaded for tests; tests are skipped if they are missing. */
public final class TestModels {
  /** A small instruct model. */
  public static final String SMOL = "SmolLM2-135M-Instruct.Q4_1.gguf";

  private TestModels() {}

  /** A file of {@code $MYELIN_TEST_MODELS}, else {@code ~/.cache/myelin-test-models}. */
  public static Path path(String name) {
    String folder = System.getenv("MYELIN_TEST_MODELS");
    Path models =
        folder != null
            ? Path.of(folder)
            : Path.of(System.getProperty("user.home"), ".cache", "myelin-test-models");
    Path file = models.resolve(name);
    assumeTrue(Files.exists(file), () -> "skipped: no model at " + file);
    return file;
  }
}

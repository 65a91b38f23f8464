package dev.myelin.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * libllama in a child JVM, since it aborts or hangs on some files. The child is started with the
 * first job and serves more; after a job that has ended it or was too slow, the next job starts
 * another. For one thread at a time. As a JUnit extension in a static field it skips the tests of a
 * class if libllama is not available, and ends with them.
 */
public final class OracleProcess implements AutoCloseable, BeforeAllCallback, AfterAllCallback {
  /** Enough for any small model on a busy machine. */
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final Duration limit;
  private Path folder;
  private OracleChild child;

  /**
   * The outcome of a job.
   *
   * @param failure why there are no rows, with the job's name and the end of libllama's log; null
   *     if there are
   */
  public record Result(OracleJob job, float[][] values, String failure) {
    public boolean failed() {
      return failure != null;
    }

    /**
     * Rows of f32, one a position or a single one that is pooled.
     *
     * @throws AssertionError if the job has failed
     */
    public float[][] rows() {
      if (failed()) {
        throw new AssertionError(failure);
      }
      return values;
    }

    /** The rows, to compare. */
    public Logits logits() {
      return new Logits(rows());
    }
  }

  public OracleProcess() {
    this(LIMIT);
  }

  /**
   * @param limit on the time of each job, without the start of the child
   */
  public OracleProcess(Duration limit) {
    this.limit = limit;
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    Logits.requireOracle();
  }

  @Override
  public void afterAll(ExtensionContext context) {
    close();
  }

  /**
   * Runs a job.
   *
   * @throws AssertionError if the child cannot start
   */
  public Result run(OracleJob job) {
    if (child == null || !child.isAlive()) {
      end();
      child = OracleChild.start(folder());
    }
    OracleChild.Answer answer = child.run(job, limit);
    if (answer.failure() == null) {
      return new Result(job, read(answer.rows()), null);
    }
    return new Result(job, null, "oracle: " + job + ": " + answer.failure());
  }

  /** Runs jobs in order; one that fails does not affect the others. */
  public List<Result> run(List<OracleJob> jobs) {
    List<Result> results = new ArrayList<>();
    for (OracleJob job : jobs) {
      results.add(run(job));
    }
    return results;
  }

  /** Made for the first job. */
  private Path folder() {
    if (folder == null) {
      try {
        folder = Files.createTempDirectory("oracle");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return folder;
  }

  private float[][] read(int rows) {
    try {
      FloatBuffer all =
          ByteBuffer.wrap(Files.readAllBytes(OracleChild.rowsFile(folder)))
              .order(ByteOrder.LITTLE_ENDIAN)
              .asFloatBuffer();
      float[][] result = new float[rows][all.remaining() / rows];
      for (float[] row : result) {
        all.get(row);
      }
      return result;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void end() {
    if (child != null) {
      child.close();
      child = null;
    }
  }

  @Override
  public void close() {
    end();
    if (folder == null) {
      return;
    }
    try {
      for (Path file : OracleChild.files(folder)) {
        Files.deleteIfExists(file);
      }
      Files.delete(folder);
      folder = null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

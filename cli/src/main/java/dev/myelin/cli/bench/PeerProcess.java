package dev.myelin.cli.bench;

import dev.myelin.error.MyelinException;
import dev.myelin.error.Printable;
import java.io.BufferedReader;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * A process of another program. It ends with this process, and after a time limit. Failures are
 * {@link MyelinException}s with the last line of its error output.
 */
final class PeerProcess implements AutoCloseable {
  /** The output that is read; of the other one only the last line is kept. */
  enum Output {
    STANDARD,
    ERROR
  }

  private static final int MAX_OUTPUT = 4 << 20;
  private static final long END_SECONDS = 30;
  private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> RUNNING.forEach(PeerProcess::kill), "myelin-end-peers"));
  }

  private final Process process;
  private final Duration limit;
  private final long started = System.nanoTime();
  private final BufferedReader lines;
  private final Thread errors;
  private volatile String lastError = "";
  private volatile boolean timedOut;

  private PeerProcess(Process process, Output output, Duration limit) {
    this.process = process;
    this.limit = limit;
    boolean standard = output == Output.STANDARD;
    lines = reader(standard ? process.getInputStream() : process.getErrorStream());
    BufferedReader other = reader(standard ? process.getErrorStream() : process.getInputStream());
    errors = Thread.ofVirtual().name("myelin-peer-output").start(() -> readErrors(other, standard));
    Thread.ofVirtual().name("myelin-peer-limit").start(this::watch);
  }

  /**
   * Starts a program.
   *
   * @param environment variables to set besides those of this process
   * @param limit when the process is ended by force
   */
  static PeerProcess start(
      List<String> command, Map<String, String> environment, Output output, Duration limit) {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    try {
      Process process = builder.start();
      RUNNING.add(process);
      process.getOutputStream().close(); // it reads nothing
      return new PeerProcess(process, output, limit);
    } catch (IOException e) {
      throw new MyelinException(Printable.of(command.getFirst() + ": " + e.getMessage()), e);
    }
  }

  /** The launcher of the JDK in use. */
  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /** When the process was started, in {@link System#nanoTime}. */
  long started() {
    return started;
  }

  /** The next line of the output, null at its end. */
  String readLine() {
    try {
      String line = lines.readLine();
      if (line == null && timedOut) {
        throw failure("no result within " + limit.toSeconds() + " s");
      }
      return line;
    } catch (IOException e) {
      throw failure(e.getMessage());
    }
  }

  /** Peak resident memory of the running process, with mapped files; null where unknown. */
  Long peakBytes() {
    return ProcessMemory.peakBytes(Long.toString(process.pid()));
  }

  /** Waits for the end of a process that has written all of its output. */
  void awaitSuccess() {
    try {
      if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        throw failure("does not end");
      }
      if (process.exitValue() != 0) {
        throw failure("ended with status " + process.exitValue());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure("interrupted");
    }
  }

  /** A failure of the process, with its last error message. */
  MyelinException failure(String problem) {
    kill(process);
    try {
      errors.join(Duration.ofSeconds(1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return new MyelinException(
        Printable.of(lastError.isEmpty() ? problem : problem + ": " + lastError));
  }

  /** Keeps a line as the last error message, if it is one. */
  void noteError(String line) {
    if (!line.isBlank() && !line.startsWith("\tat ") && !line.startsWith("\t... ")) {
      lastError = line.strip();
    }
  }

  private void readErrors(BufferedReader reader, boolean keep) {
    try {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (keep) {
          noteError(line);
        }
      }
    } catch (IOException e) {
      // the process was ended, or writes too much
    }
  }

  private void watch() {
    try {
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        timedOut = true;
        kill(process);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void kill(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  private static BufferedReader reader(InputStream stream) {
    return new BufferedReader(
        new InputStreamReader(new LimitedStream(stream), StandardCharsets.UTF_8));
  }

  @Override
  public void close() {
    kill(process);
    RUNNING.remove(process);
  }

  private static final class LimitedStream extends FilterInputStream {
    private int left = MAX_OUTPUT;

    LimitedStream(InputStream stream) {
      super(stream);
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (left <= 0) {
        throw new IOException("writes more than " + MAX_OUTPUT + " bytes");
      }
      int count = super.read(bytes, offset, Math.min(length, left));
      left -= Math.max(0, count);
      return count;
    }

    @Override
    public int read() {
      throw new UnsupportedOperationException();
    }
  }
}

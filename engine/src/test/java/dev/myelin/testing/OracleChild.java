package dev.myelin.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** One child JVM of an {@link OracleProcess}. For one thread at a time. */
final class OracleChild implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofSeconds(60);
  private static final Duration EXIT_LIMIT = Duration.ofSeconds(10);

  /** Bytes of the log's end that a failure quotes. */
  private static final int LOG_TAIL = 2000;

  /** Status of a process that a signal has ended, less the signal's number. */
  private static final int SIGNALED = 128;

  /** Stands for the end of the child's output. */
  private static final String END = "";

  private final Process process;
  private final Path log;
  private final Path crash;
  private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
  private ObjectOutputStream jobs;
  private long logStart;

  /**
   * The outcome of a job.
   *
   * @param rows how many rows are in the file
   * @param failure null if it is done
   */
  record Answer(int rows, String failure) {}

  private OracleChild(Process process, Path folder) {
    this.process = process;
    this.log = logFile(folder);
    this.crash = crashFile(folder);
    Thread.ofVirtual().start(this::readAnswers);
  }

  /** The file of the last job's rows. */
  static Path rowsFile(Path folder) {
    return folder.resolve("rows.f32");
  }

  /** The files that a child may leave in its folder. */
  static List<Path> files(Path folder) {
    return List.of(rowsFile(folder), logFile(folder), crashFile(folder));
  }

  private static Path logFile(Path folder) {
    return folder.resolve("log.txt");
  }

  private static Path crashFile(Path folder) {
    return folder.resolve("crash.txt");
  }

  static OracleChild start(Path folder) {
    ProcessBuilder builder =
        ChildJvm.builder(
            OracleProbe.class,
            List.of("-XX:-CreateCoredumpOnCrash", "-XX:ErrorFile=" + crashFile(folder)),
            rowsFile(folder));
    // ggml would start a debugger
    builder.environment().put("GGML_NO_BACKTRACE", "1");
    builder.redirectError(logFile(folder).toFile());
    OracleChild child = null;
    try {
      Files.deleteIfExists(crashFile(folder));
      child = new OracleChild(builder.start(), folder);
      String answer = child.await(START_LIMIT);
      if (!OracleProbe.READY.equals(answer)) {
        throw new AssertionError("oracle: cannot start: " + child.failure(answer, START_LIMIT));
      }
      child.jobs = new ObjectOutputStream(child.process.getOutputStream());
      return child;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      if (child != null && child.jobs == null) {
        child.close();
      }
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  Answer run(OracleJob job, Duration limit) {
    try {
      logStart = Files.size(log);
      jobs.reset();
      jobs.writeObject(job);
      jobs.flush();
    } catch (IOException e) {
      // it has ended; why is known below
    }
    String answer = await(limit);
    if (answer != null && answer.startsWith(OracleProbe.DONE)) {
      return new Answer(Integer.parseInt(answer.substring(OracleProbe.DONE.length())), null);
    }
    return new Answer(0, failure(answer, limit));
  }

  /** The next answer, {@link #END}, or null if there is none within the limit. */
  private String await(Duration limit) {
    try {
      return answers.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      close();
      throw new AssertionError("oracle: interrupted", e);
    }
  }

  /** Describes an answer that is not a success; ends the child unless it can go on. */
  private String failure(String answer, Duration limit) {
    String what;
    if (answer == null) {
      close();
      what = "ended by the time limit of " + limit.toMillis() + " ms";
    } else if (answer.equals(END)) {
      what = "the child has ended with " + status() + crashSummary();
    } else {
      what = answer;
    }
    return what + "\nlog: " + logTail();
  }

  private String status() {
    waitForExit();
    int status = process.exitValue();
    return status > SIGNALED ? "signal " + (status - SIGNALED) : "exit status " + status;
  }

  /** The heading of the JVM's report of a crash, with the function; empty if there is none. */
  private String crashSummary() {
    if (!Files.exists(crash)) {
      return "";
    }
    try (Stream<String> lines = Files.lines(crash)) {
      return lines
          .takeWhile(line -> line.isEmpty() || line.startsWith("#"))
          .map(line -> line.replaceFirst("^#\\s*", ""))
          .filter(line -> line.startsWith("SIG") || line.startsWith("C "))
          .collect(Collectors.joining(" in ", ": ", ""));
    } catch (IOException e) {
      return ": no report: " + e;
    }
  }

  /** The end of what the child has logged since the job began. */
  private String logTail() {
    try (FileChannel channel = FileChannel.open(log)) {
      channel.position(Math.max(logStart, channel.size() - LOG_TAIL));
      return new String(Channels.newInputStream(channel).readAllBytes(), UTF_8).strip();
    } catch (IOException e) {
      return "no log: " + e;
    }
  }

  private void readAnswers() {
    try (BufferedReader reader = process.inputReader()) {
      String line;
      while ((line = reader.readLine()) != null) {
        if (line.startsWith(OracleProbe.ANSWER)) {
          answers.add(line.substring(OracleProbe.ANSWER.length()));
        }
      }
    } catch (IOException e) {
      // the process was ended
    }
    answers.add(END);
  }

  private void waitForExit() {
    try {
      if (!process.waitFor(EXIT_LIMIT)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
  }

  /** Ends the child. */
  @Override
  public void close() {
    process.destroyForcibly();
    waitForExit();
  }
}

package dev.myelin.cli.io;

import dev.myelin.gguf.Checkpoint;
import java.io.BufferedInputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Where a command reads and writes: the process's streams, or a test's. Text is UTF-8 whatever the
 * locale says.
 *
 * @param in standard input
 * @param out standard output; nothing is buffered, and a failure to write is never lost
 * @param err standard error
 * @param environment variables
 * @param interactive whether both standard input and output are a terminal
 * @param bundled the checkpoint to use where none is named, empty for none
 */
public record Console(
    InputStream in,
    OutputStream out,
    PrintWriter err,
    Map<String, String> environment,
    BooleanSupplier interactive,
    Supplier<Optional<Checkpoint>> bundled) {

  /** With the checkpoint of the jar. */
  public Console(
      InputStream in,
      OutputStream out,
      PrintWriter err,
      Map<String, String> environment,
      BooleanSupplier interactive) {
    this(in, out, err, environment, interactive, Bundled::find);
  }

  public static Console system() {
    return new Console(
        new BufferedInputStream(new FileInputStream(FileDescriptor.in)),
        new FileOutputStream(FileDescriptor.out),
        new PrintWriter(
            new OutputStreamWriter(
                new FileOutputStream(FileDescriptor.err), StandardCharsets.UTF_8),
            true),
        System.getenv(),
        () -> Terminals.isTerminal(Terminals.IN) && Terminals.isTerminal(Terminals.OUT));
  }

  /**
   * Writes a result.
   *
   * @throws OutputException if standard output cannot take it
   */
  public void print(String text) {
    write(text.getBytes(StandardCharsets.UTF_8));
  }

  public void println(String text) {
    print(text + "\n");
  }

  public void write(byte[] bytes) {
    try {
      out.write(bytes);
      out.flush();
    } catch (IOException e) {
      throw new OutputException(e);
    }
  }

  /** A line of progress, statistics or an error. */
  public void note(String line) {
    err.println(line);
  }

  /** A variable's value, null if it is unset or blank. */
  public String variable(String name) {
    String value = environment.get(name);
    return value == null || value.isBlank() ? null : value;
  }

  /** Standard output failed. */
  public static final class OutputException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    OutputException(IOException cause) {
      super("standard output: " + cause.getMessage(), cause);
    }

    /** Whether the reader went away, as {@code | head -1} does: no error, but the end. */
    public boolean closedByReader() {
      String message = String.valueOf(getCause().getMessage());
      return message.contains("Broken pipe") || message.contains("pipe is being closed");
    }
  }
}

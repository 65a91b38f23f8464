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
 * The streams of a command: the process's, or those of a test. Text is UTF-8 in any locale.
 *
 * @param in standard input
 * @param out standard output; unbuffered, so that no write error is lost
 * @param err standard error
 * @param environment variables
 * @param interactive whether standard input and output are both terminals
 * @param bundled the model to use if none is named, empty for none
 */
public record Console(
    InputStream in,
    OutputStream out,
    PrintWriter err,
    Map<String, String> environment,
    BooleanSupplier interactive,
    Supplier<Optional<Checkpoint>> bundled) {

  /** With the model in the jar. */
  public Console(
      InputStream in,
      OutputStream out,
      PrintWriter err,
      Map<String, String> environment,
      BooleanSupplier interactive) {
    this(in, out, err, environment, interactive, BundledModel::find);
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
   * @throws OutputException if it cannot be written
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

  /** Prints a line of progress, statistics or an error to standard error. */
  public void note(String line) {
    err.println(line);
  }

  /** The variable's value, null if it is unset or blank. */
  public String environmentVariable(String name) {
    String value = environment.get(name);
    return value == null || value.isBlank() ? null : value;
  }

  /** Standard output failed. */
  public static final class OutputException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    OutputException(IOException cause) {
      super("standard output: " + cause.getMessage(), cause);
    }

    /** Whether the reader closed the pipe, as {@code | head -1} does. This is not an error. */
    public boolean isBrokenPipe() {
      String message = String.valueOf(getCause().getMessage());
      return message.contains("Broken pipe") || message.contains("pipe is being closed");
    }
  }
}

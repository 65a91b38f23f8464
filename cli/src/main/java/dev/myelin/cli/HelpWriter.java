package dev.myelin.cli;

import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Console.OutputException;
import java.io.Writer;

/**
 * Standard output for picocli's help. Picocli swallows exceptions or prints their stack traces, so
 * the first one is kept until {@link #rethrow}.
 */
final class HelpWriter extends Writer {
  private final Console console;
  private OutputException failure;

  HelpWriter(Console console) {
    this.console = console;
  }

  @Override
  public void write(char[] text, int offset, int length) {
    if (failure == null) {
      try {
        console.print(new String(text, offset, length));
      } catch (OutputException e) {
        failure = e;
      }
    }
  }

  /**
   * Rethrows the first failure, if there was one.
   *
   * @throws OutputException if the help could not be written
   */
  void rethrow() {
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}
}

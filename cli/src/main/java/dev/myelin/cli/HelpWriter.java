package dev.myelin.cli;

import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Console.OutputException;
import java.io.Writer;

/**
 * Standard output as picocli writes help to it. Picocli drops exceptions or prints their stacks, so
 * the first one is kept until {@link #check}.
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
   * Throws what went wrong, if something did.
   *
   * @throws OutputException if standard output could not take the help
   */
  void check() {
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}
}

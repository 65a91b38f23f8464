package dev.myelin.cli.run;

import dev.myelin.cli.io.Console;
import dev.myelin.generate.TextSink;

/**
 * Prints text as it comes. Closing it ends the line, so that an error of the generation begins on a
 * line of its own.
 */
public final class Echo implements TextSink, AutoCloseable {
  private final Console console;
  private boolean inLine;

  public Echo(Console console) {
    this.console = console;
  }

  @Override
  public void accept(String text) {
    if (!text.isEmpty()) {
      console.print(text);
      inLine = !text.endsWith("\n");
    }
  }

  /** Ends the line, unless the text has done so. */
  @Override
  public void close() {
    if (inLine) {
      console.print("\n");
      inLine = false;
    }
  }
}

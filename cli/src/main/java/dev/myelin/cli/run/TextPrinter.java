package dev.myelin.cli.run;

import dev.myelin.cli.io.Console;
import dev.myelin.generate.TextSink;

/**
 * Prints text as it is generated. Closing it ends the line, so that an error starts on a new line.
 */
public final class TextPrinter implements TextSink, AutoCloseable {
  private final Console console;
  private boolean lineOpen;

  public TextPrinter(Console console) {
    this.console = console;
  }

  @Override
  public void accept(String text) {
    if (!text.isEmpty()) {
      console.print(text);
      lineOpen = !text.endsWith("\n");
    }
  }

  /** Ends the line if the text did not. */
  @Override
  public void close() {
    if (lineOpen) {
      console.print("\n");
      lineOpen = false;
    }
  }
}

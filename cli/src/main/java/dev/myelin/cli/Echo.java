package dev.myelin.cli;

import dev.myelin.generate.TextSink;

/** Prints text as it comes. */
final class Echo implements TextSink {
  private final Console console;
  private boolean inLine;

  Echo(Console console) {
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
  void endLine() {
    if (inLine) {
      console.print("\n");
      inLine = false;
    }
  }
}

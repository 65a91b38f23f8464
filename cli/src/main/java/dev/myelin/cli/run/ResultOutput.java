package dev.myelin.cli.run;

/** Where results go, one line each, in the order of the prompts. */
interface ResultOutput extends AutoCloseable {
  /** Writes a line, with its line end. */
  void write(String line);

  /** Number of results that were there before. */
  default int done() {
    return 0;
  }

  /** Number of errors among them. */
  default int failed() {
    return 0;
  }

  @Override
  default void close() {}
}

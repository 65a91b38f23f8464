package dev.myelin.cli.chat;

/** The source of a chat's lines. */
interface LineSource extends AutoCloseable {
  /** Whether the lines are typed at a terminal. */
  boolean isInteractive();

  /**
   * The next line without its end, null after the last one.
   *
   * @param prompt shown at a terminal
   * @throws InterruptedLineException if Ctrl-C cancelled the line
   */
  Line next(String prompt) throws InterruptedLineException;

  @Override
  void close();

  /** Ctrl-C while a line was typed. */
  final class InterruptedLineException extends Exception {
    private static final long serialVersionUID = 1L;
  }
}

package dev.myelin.cli.chat;

/** Where a conversation's lines come from. */
interface Lines extends AutoCloseable {
  /** Whether somebody types them. */
  boolean interactive();

  /**
   * The next line without its end, null after the last one.
   *
   * @param prompt shown where somebody types
   * @throws Interrupted if the line was given up
   */
  Line next(String prompt) throws Interrupted;

  @Override
  void close();

  /** Ctrl-C while a line is typed. */
  final class Interrupted extends Exception {
    private static final long serialVersionUID = 1L;
  }
}

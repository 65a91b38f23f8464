package dev.myelin.chat.jinja;

/**
 * What one rendering may do: a unit for each expression, node and loop turn, and for every eight
 * characters of text made. Templates come out of files: this bounds their time and memory.
 */
final class Budget {
  static final long CHARACTERS_A_UNIT = 8;

  private static final long BASE = 4_000_000;
  private static final long PER_CHARACTER = 256;

  private long left;

  /**
   * @param inputCharacters length of the messages: long conversations earn more
   */
  Budget(long inputCharacters) {
    this.left = BASE + PER_CHARACTER * inputCharacters;
  }

  void spend(long units) {
    left -= units;
    if (left < 0 || units < 0) {
      throw new RenderFailure("the template does too much work; it may never end");
    }
  }
}

package dev.myelin.gguf;

/**
 * Reads the lengths of strings that follow each other, through a copy of the bytes around them: a
 * vocabulary has hundreds of thousands, and until the JVM has compiled an access to native memory,
 * so many of them take longer than all else that opening a file does.
 */
final class Lengths {
  private static final int WINDOW = 1 << 14;

  private final Source source;
  private final byte[] window;
  private long from;
  private int held;

  Lengths(Source source) {
    this.source = source;
    window = new byte[(int) Math.min(WINDOW, source.size())];
  }

  /** The length at {@code at}, which the caller knows to lie inside the file. */
  long at(long at) {
    if (at < from || at - from > held - Long.BYTES) {
      held = (int) Math.min(window.length, source.size() - at);
      source.copy(at, window, held);
      from = at;
    }
    int i = (int) (at - from);
    byte[] w = window;
    int low = w[i] & 0xff | (w[i + 1] & 0xff) << 8 | (w[i + 2] & 0xff) << 16 | w[i + 3] << 24;
    int high = w[i + 4] & 0xff | (w[i + 5] & 0xff) << 8 | (w[i + 6] & 0xff) << 16 | w[i + 7] << 24;
    return (long) high << 32 | low & 0xffff_ffffL;
  }
}

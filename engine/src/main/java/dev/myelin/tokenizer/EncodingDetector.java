package dev.myelin.tokenizer;

import java.util.Optional;

/** What the first bytes of a text that should be UTF-8 tell of it. */
public final class EncodingDetector {
  /** So many bytes from the start are enough to look at. */
  public static final int MAX_BYTES = 64;

  /** Without a mark, so many bytes must alternate with zeroes before it is taken for UTF-16. */
  private static final int MIN_ALTERNATING_BYTES = 6;

  private EncodingDetector() {}

  /** Bytes of a UTF-8 byte order mark at the start, 3 or 0: the mark is no part of the text. */
  public static int byteOrderMarkLength(byte[] bytes, int count) {
    return startsWith(bytes, count, 0xef, 0xbb, 0xbf) ? 3 : 0;
  }

  /**
   * The encoding that a text has instead of UTF-8, empty where the first bytes do not tell: UTF-16
   * and UTF-32 with their marks, and UTF-16 of mostly Latin letters without one.
   *
   * @param count how many of the bytes there are
   */
  public static Optional<String> detectNonUtf8(byte[] bytes, int count) {
    if (startsWith(bytes, count, 0xff, 0xfe, 0, 0) || startsWith(bytes, count, 0, 0, 0xfe, 0xff)) {
      return Optional.of("UTF-32");
    }
    boolean hasMark = startsWith(bytes, count, 0xff, 0xfe) || startsWith(bytes, count, 0xfe, 0xff);
    return hasMark || alternates(bytes, count, 0) || alternates(bytes, count, 1)
        ? Optional.of("UTF-16")
        : Optional.empty();
  }

  private static boolean startsWith(byte[] bytes, int count, int... first) {
    boolean same = count >= first.length;
    for (int i = 0; same && i < first.length; i++) {
      same = (bytes[i] & 0xff) == first[i];
    }
    return same;
  }

  /** Whether every second byte is zero, and no other. */
  private static boolean alternates(byte[] bytes, int count, int zeroes) {
    int size = Math.min(count, MAX_BYTES) & ~1;
    boolean all = size >= MIN_ALTERNATING_BYTES;
    for (int i = 0; all && i < size; i++) {
      all = (bytes[i] == 0) == (i % 2 == zeroes);
    }
    return all;
  }
}

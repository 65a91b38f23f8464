package dev.myelin.tokenizer;

import java.util.Optional;

/** Detects the encoding of a text by its first bytes. Stateless and thread-safe. */
public final class EncodingDetector {
  /** The largest number of bytes that are examined. */
  public static final int MAX_BYTES = 64;

  /** Without a byte order mark, the bytes that must alternate with zeros to be UTF-16. */
  private static final int MIN_ALTERNATING_BYTES = 6;

  private EncodingDetector() {}

  /** The length of a UTF-8 byte order mark at the start: 3 or 0. */
  public static int byteOrderMarkLength(byte[] bytes, int count) {
    return startsWith(bytes, count, 0xef, 0xbb, 0xbf) ? 3 : 0;
  }

  /**
   * The encoding of a text that is not UTF-8: UTF-16 or UTF-32 with a byte order mark, or UTF-16 of
   * mostly Latin letters without one. Otherwise empty.
   *
   * @param count number of valid bytes in the array
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

  /** Whether exactly every second byte is zero. */
  private static boolean alternates(byte[] bytes, int count, int zeroes) {
    int size = Math.min(count, MAX_BYTES) & ~1;
    boolean all = size >= MIN_ALTERNATING_BYTES;
    for (int i = 0; all && i < size; i++) {
      all = (bytes[i] == 0) == (i % 2 == zeroes);
    }
    return all;
  }
}

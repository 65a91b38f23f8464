package dev.myelin.hub;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.regex.Pattern;

/**
 * A check sum of a file. Immutable and thread-safe.
 *
 * @param kind {@code sha256}, or {@code git}: SHA-1 of a Git blob
 * @param hex in lower case
 */
public record Digest(String kind, String hex) {
  static final String SHA256 = "sha256";
  static final String GIT = "git";

  private static final Pattern HEX_64 = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern HEX_40 = Pattern.compile("[0-9a-f]{40}");
  private static final int BUFFER_BYTES = 1 << 20;

  /** A SHA-256 in hexadecimal digits; empty if the text is none. */
  static Optional<Digest> sha256(String hex) {
    return of(SHA256, hex, HEX_64);
  }

  /** The id of a Git blob; empty if the text is none. */
  static Optional<Digest> git(String hex) {
    return of(GIT, hex, HEX_40);
  }

  private static Optional<Digest> of(String kind, String hex, Pattern pattern) {
    String lower = hex.toLowerCase(Locale.ROOT);
    return pattern.matcher(lower).matches()
        ? Optional.of(new Digest(kind, lower))
        : Optional.empty();
  }

  /** The SHA-256 of a text. */
  static String ofText(String text) {
    return hex(algorithm("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Reads a file and computes its sum.
   *
   * @param progress receives the number of bytes read; may throw to stop
   */
  static Digest ofFile(String kind, Path file, LongConsumer progress) throws IOException {
    MessageDigest digest = algorithm(kind.equals(GIT) ? "SHA-1" : "SHA-256");
    ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
      if (kind.equals(GIT)) {
        digest.update(("blob " + in.size() + "\0").getBytes(StandardCharsets.US_ASCII));
      }
      long done = 0;
      int count = in.read(buffer);
      while (count >= 0) {
        digest.update(buffer.flip());
        buffer.clear();
        done += count;
        progress.accept(done);
        count = in.read(buffer);
      }
    }
    return new Digest(kind, hex(digest.digest()));
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private static MessageDigest algorithm(String name) {
    try {
      return MessageDigest.getInstance(name);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // both are in every JDK
    }
  }

  @Override
  public String toString() {
    return kind + ":" + hex;
  }
}

package dev.myelin.snapshot;

import dev.myelin.state.PageTable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The names of the files of a prompt's pages. The hash of page i is SHA-256 of the hash of page i -
 * 1 and of its tokens, and so depends on all tokens before; the first one is of the model. The last
 * page may have fewer tokens than the others. Immutable and thread-safe.
 */
final class PageNames {
  private final int[] tokens;
  // of the model, then of the full pages
  private final byte[][] hashes;
  private final String[] names;

  private PageNames(int[] tokens, byte[][] hashes, String[] names) {
    this.tokens = tokens;
    this.hashes = hashes;
    this.names = names;
  }

  /**
   * @param isa instruction set of the kernels
   * @param tokens their pages have names, the last one also if it is full in part
   */
  static PageNames of(SnapshotKey key, String isa, int[] tokens) {
    MessageDigest sha256 = sha256();
    String model =
        String.join(
            " ",
            Integer.toString(PageFolder.VERSION),
            key.identity(),
            key.keyType().toString(),
            key.valueType().toString(),
            Integer.toString(key.contextClass()),
            isa);
    int pages = tokens.length / PageTable.PAGE;
    byte[][] hashes = new byte[pages + 1][];
    hashes[0] = sha256.digest(model.getBytes(StandardCharsets.UTF_8));
    String[] names = new String[pages];
    for (int i = 0; i < pages; i++) {
      hashes[i + 1] = hash(sha256, hashes[i], tokens, i * PageTable.PAGE, PageTable.PAGE);
      names[i] = name(hashes[i + 1]);
    }
    return new PageNames(tokens, hashes, names).first(tokens.length);
  }

  /** The names of the first tokens' pages. */
  PageNames first(int length) {
    int pages = length / PageTable.PAGE;
    int rest = length % PageTable.PAGE;
    String[] all = Arrays.copyOf(names, rest == 0 ? pages : pages + 1);
    if (rest > 0) {
      all[pages] = name(hash(sha256(), hashes[pages], tokens, pages * PageTable.PAGE, rest));
    }
    return new PageNames(tokens, hashes, all);
  }

  private static byte[] hash(
      MessageDigest sha256, byte[] before, int[] tokens, int from, int count) {
    ByteBuffer ids = ByteBuffer.allocate(count * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    ids.asIntBuffer().put(tokens, from, count);
    sha256.update(before);
    return sha256.digest(ids.array());
  }

  private static String name(byte[] hash) {
    return HexFormat.of().formatHex(hash, 0, 20);
  }

  /**
   * The file of a class of states.
   *
   * @param kind as {@link dev.myelin.state.StateBlock#kind}
   * @param index of the page; of the recurrent states, the number of pages before them
   */
  String of(int kind, int index) {
    return kind < 0 ? names[index - 1] + "-r" : names[index] + "-" + kind;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JVM has SHA-256", e);
    }
  }
}

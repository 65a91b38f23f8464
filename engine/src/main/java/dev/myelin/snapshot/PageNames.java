package dev.myelin.snapshot;

import dev.myelin.state.PageTable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The names of the files of a prompt's pages. The hash of page i is SHA-256 of the hash of page i -
 * 1 and of its tokens, and so depends on all tokens before; the first one is of the model.
 * Immutable and thread-safe.
 */
final class PageNames {
  private final String[] hashes;

  private PageNames(String[] hashes) {
    this.hashes = hashes;
  }

  /**
   * @param isa instruction set of the kernels
   * @param pages how many of the tokens' pages have names
   */
  static PageNames of(SnapshotKey key, String isa, int[] tokens, int pages) {
    MessageDigest sha256 = sha256();
    String model =
        "%s %s %s %s %s %s"
            .formatted(
                PageFolder.VERSION,
                key.identity(),
                key.keyType(),
                key.valueType(),
                key.contextClass(),
                isa);
    byte[] hash = sha256.digest(model.getBytes(StandardCharsets.UTF_8));
    String[] hashes = new String[pages];
    ByteBuffer ids = ByteBuffer.allocate(4 * PageTable.PAGE).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < pages; i++) {
      ids.asIntBuffer().put(tokens, i * PageTable.PAGE, PageTable.PAGE);
      sha256.update(hash);
      hash = sha256.digest(ids.array());
      hashes[i] = HexFormat.of().formatHex(hash, 0, 20);
    }
    return new PageNames(hashes);
  }

  /**
   * The file of a class of states.
   *
   * @param kind as {@link dev.myelin.state.StateBlock#kind}
   * @param index of the page; of the recurrent states, the number of pages before them
   */
  String of(int kind, int index) {
    return kind < 0 ? hashes[index - 1] + "-r" : hashes[index] + "-" + kind;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JVM has SHA-256", e);
    }
  }
}

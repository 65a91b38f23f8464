package dev.myelin.state;

/**
 * Which positions around its own a token sees. Immutable and thread-safe.
 *
 * @param size 0 for {@link Kind#NONE}
 */
public record Window(Kind kind, int size) {
  /** How a window moves with the token. */
  public enum Kind {
    /** Every position. */
    NONE,
    /** The last {@code size} positions, the token's own included. */
    SLIDING,
    /** The positions from the start of the token's chunk: chunks start at multiples of the size. */
    CHUNKED,
    /** {@code size / 2} positions on either side. */
    SYMMETRIC
  }

  public static final Window NONE = new Window(Kind.NONE, 0);

  public static Window sliding(int size) {
    return new Window(Kind.SLIDING, size);
  }

  public static Window chunked(int size) {
    return new Window(Kind.CHUNKED, size);
  }

  public static Window symmetric(int size) {
    return new Window(Kind.SYMMETRIC, size);
  }

  public boolean isPresent() {
    return kind != Kind.NONE;
  }

  /** The first position that a token sees. */
  public int begin(int position) {
    return switch (kind) {
      case NONE -> 0;
      case SLIDING -> Math.max(0, position - size + 1);
      case CHUNKED -> position - position % size;
      case SYMMETRIC -> Math.max(0, position - size / 2);
    };
  }

  /**
   * One after the last position that a token sees, if it sees later ones: only a symmetric window
   * limits those, as in the reference implementation.
   *
   * @param length number of positions
   */
  public int end(int position, int length) {
    return switch (kind) {
      case NONE, SLIDING, CHUNKED -> length;
      case SYMMETRIC -> (int) Math.min(length, (long) position + size / 2 + 1);
    };
  }

  // The generated methods keep this class softly reachable from a JDK cache, which would delay the
  // unloading of the class loader until memory is short.
  @Override
  public boolean equals(Object other) {
    return other instanceof Window w && kind == w.kind && size == w.size;
  }

  @Override
  public int hashCode() {
    return 31 * kind.ordinal() + size;
  }
}

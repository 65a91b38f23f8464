package dev.myelin.gguf;

/** What a file may ask for at most. Everything else is bounded by the bytes it has. */
final class Limits {
  /** Keys in a file; checkpoints have some dozens. */
  static final int KEYS = 1 << 16;

  /** Tensors in a checkpoint, all parts together; the largest have some ten thousand. */
  static final int TENSORS = 1 << 17;

  /** Bytes of a key, from the format's description. */
  static final int KEY_BYTES = (1 << 16) - 1;

  /** Bytes of a tensor's name: ggml keeps 64 with the terminating zero. */
  static final int NAME_BYTES = 63;

  /** Elements of an array, and bytes of a string: what ggml's own reader accepts. */
  static final int ARRAY_ELEMENTS = 1 << 30;

  static final int STRING_BYTES = 1 << 30;

  /** Bytes of an array of strings: positions in it are kept in 32 bits. */
  static final long STRINGS_BYTES = (1L << 32) - 16;

  /** Dimensions of a tensor in ggml. */
  static final int RANK = 4;

  /** Parts of a split checkpoint: {@code split.count} is a u16. */
  static final int PARTS = (1 << 16) - 1;

  static final int DEFAULT_ALIGNMENT = 32;

  private Limits() {}
}

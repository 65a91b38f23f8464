package dev.myelin.gguf;

/**
 * What a file may ask for at most. Everything else is bounded by the bytes it has; these are for
 * what costs heap memory or time by the element, for the bytes may be a hole that costs the file
 * nothing.
 */
final class Limits {
  /** Keys in a file; checkpoints have some dozens. */
  static final int MAX_KEYS = 1 << 16;

  /** Tensors in a checkpoint, all parts together; the largest have some ten thousand. */
  static final int MAX_TENSORS = 1 << 17;

  /** Bytes of a key, from the format's description. */
  static final int MAX_KEY_BYTES = (1 << 16) - 1;

  /** Bytes of all keys together. */
  static final int MAX_TOTAL_KEY_BYTES = 1 << 24;

  /**
   * Elements of all arrays of strings and of bools together, which are read one by one. The largest
   * vocabularies known have 262,144 tokens and 514,906 merges.
   */
  static final int MAX_SCANNED_ELEMENTS = 1 << 24;

  /** Bytes of all values that a writer copies from another file: they pass through the heap. */
  static final int MAX_COPIED_BYTES = 1 << 28;

  /** Bytes of a tensor's name: ggml keeps 64 with the terminating zero. */
  static final int MAX_NAME_BYTES = 63;

  /** Elements of an array, and bytes of a string: what ggml's own reader accepts. */
  static final int MAX_ARRAY_ELEMENTS = 1 << 30;

  static final int MAX_STRING_BYTES = 1 << 30;

  /** Bytes of an array of strings: positions in it are kept in 32 bits. */
  static final long MAX_STRING_ARRAY_BYTES = (1L << 32) - 16;

  /** Dimensions of a tensor in ggml. */
  static final int MAX_RANK = 4;

  /** Parts of a split checkpoint: {@code split.count} is a u16. */
  static final int MAX_PARTS = (1 << 16) - 1;

  static final int DEFAULT_ALIGNMENT = 32;

  private Limits() {}
}

package dev.myelin.gguf;

/**
 * Limits of what a file may contain. They bound what costs heap memory or time per element: a
 * sparse file can claim any number of elements. Everything else is bounded by the size of the file.
 */
final class Limits {
  /** Keys in a file. Checkpoints have some dozens. */
  static final int MAX_KEYS = 1 << 16;

  /** Tensors in a checkpoint, all parts together. The largest have about ten thousand. */
  static final int MAX_TENSORS = 1 << 17;

  /** Bytes of a key, from the specification of the format. */
  static final int MAX_KEY_BYTES = (1 << 16) - 1;

  /** Bytes of all keys together. */
  static final int MAX_TOTAL_KEY_BYTES = 1 << 24;

  /**
   * Elements of all arrays of strings and bools together. Opening a file scans them one by one. The
   * largest known vocabularies have 262,144 tokens and 514,906 merges.
   */
  static final int MAX_SCANNED_ELEMENTS = 1 << 24;

  /** Bytes of all values that a writer copies from another file. They are copied to the heap. */
  static final int MAX_COPIED_BYTES = 1 << 28;

  /** Bytes of a tensor name. GGML_MAX_NAME is 64, terminating zero included. */
  static final int MAX_NAME_BYTES = 63;

  /** Elements of an array and bytes of a string: the limits of ggml's reader. */
  static final int MAX_ARRAY_ELEMENTS = 1 << 30;

  static final int MAX_STRING_BYTES = 1 << 30;

  /** Bytes of an array of strings. Positions in it are stored in 32 bits. */
  static final long MAX_STRING_ARRAY_BYTES = (1L << 32) - 16;

  /** Dimensions of a tensor: GGML_MAX_DIMS. */
  static final int MAX_RANK = 4;

  /** Parts of a split checkpoint: {@code split.count} is a u16. */
  static final int MAX_PARTS = (1 << 16) - 1;

  static final int DEFAULT_ALIGNMENT = 32;

  private Limits() {}
}

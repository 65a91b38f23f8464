package dev.myelin.tokenizer;

/** What a token is, as bits of a byte; a token may be several of these. */
final class TokenAttribute {
  static final int UNKNOWN = 1;
  static final int UNUSED = 1 << 1;
  static final int NORMAL = 1 << 2;
  static final int CONTROL = 1 << 3;
  static final int USER_DEFINED = 1 << 4;
  static final int BYTE = 1 << 5;

  /** White space before it in the text goes. */
  static final int LSTRIP = 1 << 6;

  /** White space after it in the text goes. */
  static final int RSTRIP = 1 << 7;

  /** Not for a reader's eyes, unless asked for. */
  static final int HIDDEN = UNKNOWN | CONTROL;

  /** Found in a text as a whole, before anything else is. */
  static final int SPECIAL = UNKNOWN | CONTROL | USER_DEFINED;

  private TokenAttribute() {}

  /** The attribute for an element of {@code tokenizer.ggml.token_type}; 0 for one not known. */
  static byte ofType(int type) {
    return switch (type) {
      case 1 -> NORMAL;
      case 2 -> UNKNOWN;
      case 3 -> CONTROL;
      case 4 -> USER_DEFINED;
      case 5 -> UNUSED;
      case 6 -> BYTE;
      default -> 0;
    };
  }
}

package dev.myelin.tokenizer;

/** Token attributes as bit flags, like llama.cpp's {@code llama_token_attr}. */
final class TokenAttribute {
  static final int UNKNOWN = 1;
  static final int UNUSED = 1 << 1;
  static final int NORMAL = 1 << 2;
  static final int CONTROL = 1 << 3;
  static final int USER_DEFINED = 1 << 4;
  static final int BYTE = 1 << 5;

  /** White space before the token is removed. */
  static final int LSTRIP = 1 << 6;

  /** White space after the token is removed. */
  static final int RSTRIP = 1 << 7;

  /** Not rendered, unless requested. */
  static final int HIDDEN = UNKNOWN | CONTROL;

  /** Matched in the text before it is tokenized. */
  static final int SPECIAL = UNKNOWN | CONTROL | USER_DEFINED;

  private TokenAttribute() {}

  /** The attribute for a value of {@code tokenizer.ggml.token_type}; 0 for an unknown one. */
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

package dev.myelin.gguf;

/** Names from a file, made short enough for a message. */
final class Names {
  private static final int SHOWN = 80;

  private Names() {}

  static String shown(String name) {
    return name.length() <= SHOWN ? name : name.substring(0, SHOWN) + "...";
  }
}

package dev.myelin.chat;

import java.util.Locale;

/** Who wrote a message. */
public enum Role {
  SYSTEM,
  USER,
  ASSISTANT,
  TOOL;

  /** The name templates know it by. */
  public String templateName() {
    return name().toLowerCase(Locale.ROOT);
  }
}

package dev.myelin.chat;

import java.util.Locale;

/** The author of a message. Immutable and thread-safe. */
public enum Role {
  SYSTEM,
  USER,
  ASSISTANT,
  TOOL;

  /** The name in templates. */
  public String templateName() {
    return name().toLowerCase(Locale.ROOT);
  }
}

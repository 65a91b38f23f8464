package dev.myelin.embed;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.GgufFile;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** How the hidden states of a text's tokens become its vector. Immutable and thread-safe. */
public enum Pooling {
  /** One vector per token. */
  NONE,
  /** The mean of all tokens. */
  MEAN,
  /** The first token, which encoders train for this. */
  CLS,
  /** The last token. */
  LAST,
  /** The scores of the model's classification head, usually one: for pairs of texts. */
  RANK;

  /** The name in options and messages. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Finds a pooling by name, ignoring case.
   *
   * @throws InvalidRequestException listing the known ones
   */
  public static Pooling of(String name) {
    for (Pooling pooling : values()) {
      if (pooling.name().equalsIgnoreCase(name)) {
        return pooling;
      }
    }
    String known = Arrays.stream(values()).map(Pooling::label).collect(Collectors.joining(", "));
    throw new InvalidRequestException("pooling " + name + ": known are " + known);
  }

  /**
   * The pooling that a file names by the key {@code ARCHITECTURE.pooling_type}, else {@link #NONE}.
   *
   * @throws dev.myelin.error.ModelFileException naming the key, if its value is unknown
   */
  static Pooling of(GgufFile file, String architecture) {
    String key = architecture + ".pooling_type";
    if (!file.metadata().has(key)) {
      return NONE;
    }
    int type = file.metadata().u32(key);
    if (type < 0 || type >= values().length) {
      throw file.metadata().error(key, "0 to " + (values().length - 1));
    }
    return values()[type];
  }
}

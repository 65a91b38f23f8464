package dev.myelin.quantize;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.NamePattern;
import java.util.Locale;

/**
 * A type for the tensors whose names contain a match of a regular expression. Immutable and
 * thread-safe.
 *
 * @param pattern searched in names such as {@code blk.0.attn_k.weight}
 */
public record TypeOverride(NamePattern pattern, GgmlType type) {
  public TypeOverride {
    TargetTypes.require(type);
  }

  /**
   * Parses {@code REGEX=TYPE}. The expression is converted to lower case, like tensor names.
   *
   * @throws InvalidRequestException if the text is malformed
   */
  public static TypeOverride of(String text) {
    int equals = text.indexOf('=');
    if (equals < 1 || equals == text.length() - 1) {
      throw new InvalidRequestException(
          "tensor type '" + text + "': expected NAME=TYPE, such as attn_v=q8_0");
    }
    String name = text.substring(0, equals).toLowerCase(Locale.ROOT);
    GgmlType type = TargetTypes.named(text.substring(equals + 1));
    try {
      return new TypeOverride(NamePattern.of(name), type);
    } catch (InvalidRequestException e) {
      throw new InvalidRequestException("tensor type '" + text + "': " + e.getMessage());
    }
  }

  /**
   * Whether the expression matches a tensor name.
   *
   * @throws InvalidRequestException if the expression takes too long
   */
  boolean matches(String tensor) {
    try {
      return pattern.isFoundIn(tensor);
    } catch (InvalidRequestException e) {
      throw new InvalidRequestException("tensor type '" + this + "': " + e.getMessage());
    }
  }

  /** The text form: {@code attn_v=q8_0}. */
  @Override
  public String toString() {
    return pattern.text() + "=" + type.ggmlName();
  }
}

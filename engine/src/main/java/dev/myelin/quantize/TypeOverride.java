package dev.myelin.quantize;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.GgmlType;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A type for the tensors whose names a regular expression matches anywhere.
 *
 * @param pattern matched against names such as {@code blk.0.attn_k.weight}
 */
public record TypeOverride(Pattern pattern, GgmlType type) {
  public TypeOverride {
    Targets.require(type);
  }

  /**
   * Reads {@code regex=TYPE}; the expression is taken in lower case, as names are.
   *
   * @throws InvalidRequestException naming what is wrong with it
   */
  public static TypeOverride of(String text) {
    int equals = text.indexOf('=');
    if (equals < 1 || equals == text.length() - 1) {
      throw new InvalidRequestException(
          "tensor type '" + text + "': expected NAME=TYPE, such as attn_v=q8_0");
    }
    String name = text.substring(0, equals).toLowerCase(Locale.ROOT);
    try {
      return new TypeOverride(Pattern.compile(name), Targets.named(text.substring(equals + 1)));
    } catch (PatternSyntaxException e) {
      throw new InvalidRequestException(
          "tensor type '" + text + "': " + e.getDescription() + " at " + (e.getIndex() + 1));
    }
  }

  boolean matches(String tensor) {
    return pattern.matcher(tensor).find();
  }
}

package dev.myelin.inspect;

import dev.myelin.gguf.GgmlType;
import dev.myelin.quantize.Mix;
import dev.myelin.quantize.Mixes;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a file is quantized to as a whole: a mix such as Q4_K_M, in which some tensors have other
 * types than the name says.
 *
 * @param name of the mix; where the file does not tell it, the most frequent type
 * @param guessed whether the file does not tell it
 */
public record FileType(String name, boolean guessed) {
  /**
   * @param number the key {@code general.file_type}
   * @param types most parameters first
   */
  static FileType of(OptionalInt number, List<Group<GgmlType>> types) {
    Optional<Mix> mix = number.isPresent() ? Mixes.ofFileType(number.getAsInt()) : Optional.empty();
    if (mix.isPresent()) {
      return new FileType(mix.get().name(), false);
    }
    String most = types.isEmpty() ? "empty" : types.getFirst().key().ggmlName();
    return new FileType(most.toUpperCase(Locale.ROOT), true);
  }

  /** As llama.cpp marks it: {@code Q4_K_M}, {@code (guessed) Q4_K}. */
  public String label() {
    return guessed ? "(guessed) " + name : name;
  }
}

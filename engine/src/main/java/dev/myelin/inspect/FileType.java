package dev.myelin.inspect;

import dev.myelin.gguf.GgmlType;
import dev.myelin.quantize.Mix;
import dev.myelin.quantize.Mixes;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The file type: a quantization mix such as Q4_K_M, in which some tensors have other types than the
 * name says. Immutable and thread-safe.
 *
 * @param name the name of the mix, or the most frequent type if the file has no file type
 * @param guessed whether the file has no file type
 */
public record FileType(String name, boolean guessed) {
  /**
   * @param number the value of {@code general.file_type}
   * @param types sorted by parameters, most first
   */
  static FileType of(OptionalInt number, List<Group<GgmlType>> types) {
    Optional<Mix> mix = number.isPresent() ? Mixes.ofFileType(number.getAsInt()) : Optional.empty();
    if (mix.isPresent()) {
      return new FileType(mix.get().name(), false);
    }
    String mostFrequent = types.isEmpty() ? "empty" : types.getFirst().key().ggmlName();
    return new FileType(mostFrequent.toUpperCase(Locale.ROOT), true);
  }

  /** The text form of llama.cpp: {@code Q4_K_M}, {@code (guessed) Q4_K}. */
  public String label() {
    return guessed ? "(guessed) " + name : name;
  }
}

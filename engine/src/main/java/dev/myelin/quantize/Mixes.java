package dev.myelin.quantize;

import static dev.myelin.gguf.GgmlType.BF16;
import static dev.myelin.gguf.GgmlType.F16;
import static dev.myelin.gguf.GgmlType.F32;
import static dev.myelin.gguf.GgmlType.IQ1_M;
import static dev.myelin.gguf.GgmlType.IQ1_S;
import static dev.myelin.gguf.GgmlType.IQ2_S;
import static dev.myelin.gguf.GgmlType.IQ2_XS;
import static dev.myelin.gguf.GgmlType.IQ2_XXS;
import static dev.myelin.gguf.GgmlType.IQ3_S;
import static dev.myelin.gguf.GgmlType.IQ3_XXS;
import static dev.myelin.gguf.GgmlType.IQ4_NL;
import static dev.myelin.gguf.GgmlType.IQ4_XS;
import static dev.myelin.gguf.GgmlType.MXFP4;
import static dev.myelin.gguf.GgmlType.NVFP4;
import static dev.myelin.gguf.GgmlType.Q1_0;
import static dev.myelin.gguf.GgmlType.Q2_0;
import static dev.myelin.gguf.GgmlType.Q2_K;
import static dev.myelin.gguf.GgmlType.Q3_K;
import static dev.myelin.gguf.GgmlType.Q4_0;
import static dev.myelin.gguf.GgmlType.Q4_1;
import static dev.myelin.gguf.GgmlType.Q4_K;
import static dev.myelin.gguf.GgmlType.Q5_0;
import static dev.myelin.gguf.GgmlType.Q5_1;
import static dev.myelin.gguf.GgmlType.Q5_K;
import static dev.myelin.gguf.GgmlType.Q6_K;
import static dev.myelin.gguf.GgmlType.Q8_0;
import static dev.myelin.gguf.GgmlType.TQ1_0;
import static dev.myelin.gguf.GgmlType.TQ2_0;
import static dev.myelin.quantize.Role.ATTENTION_OUTPUT;
import static dev.myelin.quantize.Role.DOWN;
import static dev.myelin.quantize.Role.GATE;
import static dev.myelin.quantize.Role.KEY;
import static dev.myelin.quantize.Role.OUTPUT;
import static dev.myelin.quantize.Role.QUERY;
import static dev.myelin.quantize.Role.TOKEN_EMBEDDING;
import static dev.myelin.quantize.Role.UP;
import static dev.myelin.quantize.Role.VALUE;

import dev.myelin.gguf.GgmlType;
import dev.myelin.quantize.Mix.Rule;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Every file type, from the fewest bits to the most; a new one is an entry here. Names, numbers and
 * rules are those of llama.cpp 0.5.0, so that a file is what its name says everywhere.
 */
public final class Mixes {
  private static final Rule MORE_Q6 = p -> p.deservesMore() ? Q6_K : null;
  private static final Rule EIGHT_Q5 = eightQ5(null);
  private static final Rule MIDDLE_IQ3_XXS = p -> p.inMiddle() ? IQ3_XXS : null;

  private static final List<Mix> ALL =
      List.of(
          Mix.of("Q1_0", 40, Q1_0),
          veryLow("IQ1_S", 24, IQ1_S, Q2_K, IQ2_XXS),
          veryLow("IQ1_M", 31, IQ1_M, Q2_K, IQ2_XXS),
          veryLow("IQ2_XXS", 19, IQ2_XXS, Q2_K, null),
          veryLow("IQ2_XS", 20, IQ2_XS, Q2_K, null),
          veryLow("IQ2_S", 28, IQ2_XS, IQ3_S, IQ3_S),
          veryLow("IQ2_M", 29, IQ2_S, IQ3_S, IQ3_S),
          Mix.of("TQ1_0", 36, TQ1_0).with(TOKEN_EMBEDDING, p -> Q4_K),
          Mix.of("TQ2_0", 37, TQ2_0).with(TOKEN_EMBEDDING, p -> Q4_K),
          Mix.of("Q2_0", 41, Q2_0).with(TOKEN_EMBEDDING, p -> Q4_K),
          Mix.of("Q2_K_S", 21, Q2_K)
              .with(VALUE, p -> p.grouped() ? Q4_K : null)
              .with(DOWN, p -> p.inFirst(8) ? Q4_K : null),
          Mix.of("Q2_K", 10, Q2_K)
              .with(VALUE, p -> p.grouped() ? Q4_K : Q3_K)
              .with(DOWN, p -> Q3_K)
              .with(ATTENTION_OUTPUT, eightQ5(Q3_K)),
          Mix.of("IQ3_XXS", 23, IQ3_XXS)
              .with(OUTPUT, p -> Q5_K)
              .with(TOKEN_EMBEDDING, p -> IQ3_S)
              .with(VALUE, p -> p.grouped() ? Q4_K : p.importance() ? null : IQ3_S)
              .with(KEY, p -> IQ2_S)
              .with(QUERY, p -> IQ2_S)
              .with(DOWN, p -> p.importance() ? null : p.inFirst(8) ? Q4_K : Q3_K)
              .with(ATTENTION_OUTPUT, eightQ5(IQ3_S)),
          Mix.of("IQ3_XS", 22, IQ3_S)
              .with(VALUE, p -> p.grouped() ? Q4_K : null)
              .with(KEY, p -> IQ3_XXS)
              .with(QUERY, p -> IQ3_XXS)
              .with(GATE, MIDDLE_IQ3_XXS)
              .with(UP, MIDDLE_IQ3_XXS)
              .with(ATTENTION_OUTPUT, EIGHT_Q5),
          Mix.of("IQ3_S", 26, IQ3_S)
              .with(VALUE, p -> p.grouped() ? Q4_K : null)
              .with(ATTENTION_OUTPUT, EIGHT_Q5),
          Mix.of("IQ3_M", 27, IQ3_S)
              .with(VALUE, p -> Q4_K)
              .with(DOWN, p -> p.inFirst(8) || (p.eightExperts() && p.deservesMore()) ? Q4_K : null)
              .with(ATTENTION_OUTPUT, eightQ5(Q4_K)),
          Mix.of("Q3_K_S", 11, Q3_K).with(ATTENTION_OUTPUT, EIGHT_Q5),
          Mix.of("Q3_K_M", 12, Q3_K)
              .with(VALUE, p -> p.layer() < 2 ? Q5_K : Q4_K)
              .with(DOWN, p -> p.inFirst(16) ? Q5_K : !p.falcon() || p.deservesMore() ? Q4_K : null)
              .with(ATTENTION_OUTPUT, eightQ5(Q4_K)),
          Mix.of("Q3_K_L", 13, Q3_K)
              .with(VALUE, p -> Q5_K)
              .with(DOWN, p -> p.falcon() ? Q4_K : Q5_K)
              .with(ATTENTION_OUTPUT, p -> p.falcon() ? Q4_K : p.eightExperts() ? null : Q5_K),
          Mix.of("MXFP4_MOE", 38, MXFP4)
              .with(OUTPUT, p -> Q8_0)
              .withOthers(Mixes::expertsOnly)
              .strict(),
          Mix.of("IQ4_XS", 30, IQ4_XS)
              .with(VALUE, p -> p.grouped() ? Q5_K : null)
              .with(DOWN, p -> p.inFirst(8) && !p.importance() ? Q5_K : null)
              .with(ATTENTION_OUTPUT, EIGHT_Q5),
          Mix.of("IQ4_NL", 25, IQ4_NL)
              .with(VALUE, p -> p.grouped() ? Q5_K : null)
              .with(DOWN, p -> p.inFirst(8) && !p.importance() ? Q5_K : null)
              .with(ATTENTION_OUTPUT, EIGHT_Q5),
          Mix.of("NVFP4", 39, NVFP4),
          Mix.of("Q4_0", 2, Q4_0).with(DOWN, p -> p.inFirst(8) && p.importance() ? Q4_1 : null),
          Mix.of("Q4_K_S", 14, Q4_K)
              .with(VALUE, p -> p.layer() < 4 ? Q5_K : null)
              .with(DOWN, p -> p.inFirst(8) && !p.falcon() ? Q5_K : null)
              .with(ATTENTION_OUTPUT, EIGHT_Q5),
          Mix.of("Q4_K_M", 15, Q4_K)
              .with(VALUE, MORE_Q6)
              .with(DOWN, Mixes::downOfQ4KM)
              .with(ATTENTION_OUTPUT, EIGHT_Q5),
          Mix.of("Q4_1", 3, Q4_1),
          Mix.of("Q5_0", 8, Q5_0).with(DOWN, p -> p.inFirst(8) && p.importance() ? Q5_1 : null),
          Mix.of("Q5_K_S", 16, Q5_K),
          Mix.of("Q5_K_M", 17, Q5_K).with(VALUE, MORE_Q6).with(DOWN, MORE_Q6),
          Mix.of("Q5_1", 9, Q5_1),
          Mix.of("Q6_K", 18, Q6_K),
          Mix.of("Q8_0", 7, Q8_0).with(OUTPUT, p -> Q8_0),
          Mix.of("BF16", 32, BF16),
          Mix.of("F16", 1, F16),
          Mix.of("F32", 0, F32));

  /** What else users call some of them. */
  private static final Map<String, String> ALIASES =
      Map.of("Q3_K", "Q3_K_M", "Q4_K", "Q4_K_M", "Q5_K", "Q5_K_M");

  private Mixes() {}

  /** Every mix, from the fewest bits to the most. */
  public static List<Mix> all() {
    return ALL;
  }

  /** Other names, and what they stand for. */
  public static Map<String, String> aliases() {
    return ALIASES;
  }

  /** The mix that {@code general.file_type} has this number for. */
  public static Optional<Mix> ofFileType(int number) {
    return ALL.stream().filter(m -> m.fileType() == number).findFirst();
  }

  /** The mix of that name, alias or number, in letters of either case. */
  public static Optional<Mix> named(String text) {
    String name =
        ALIASES.entrySet().stream()
            .filter(alias -> alias.getKey().equalsIgnoreCase(text))
            .map(Map.Entry::getValue)
            .findFirst()
            .orElse(text);
    return ALL.stream()
        .filter(m -> m.name().equalsIgnoreCase(name) || Integer.toString(m.fileType()).equals(text))
        .findFirst();
  }

  /**
   * The mixes around two bits.
   *
   * @param more the type of the token embedding, and of values and the first layers' down matrices
   * @param output of the matrix behind attention, null for the base
   */
  private static Mix veryLow(
      String name, int fileType, GgmlType base, GgmlType more, GgmlType output) {
    return Mix.of(name, fileType, base)
        .with(OUTPUT, p -> Q5_K)
        .with(TOKEN_EMBEDDING, p -> more)
        .with(VALUE, p -> p.grouped() || p.model().experts() >= 4 ? Q4_K : more)
        .with(KEY, p -> p.eightExperts() ? Q4_K : null)
        .with(DOWN, p -> p.inFirst(8) ? more : null)
        .with(ATTENTION_OUTPUT, p -> p.eightExperts() ? Q5_K : output)
        .strict();
  }

  /** Five bits with eight experts, where attention is a small part of the whole. */
  private static Rule eightQ5(GgmlType otherwise) {
    return p -> p.falcon() ? null : p.eightExperts() ? Q5_K : otherwise;
  }

  private static GgmlType downOfQ4KM(Mix.Place p) {
    if (p.falcon()) {
      return p.inFirst(16) ? Q6_K : p.deservesMore() ? Q5_K : null;
    }
    return p.deservesMore() ? Q6_K : null;
  }

  private static GgmlType expertsOnly(Mix.Place p) {
    boolean expert =
        !p.model().architecture().equals("bailingmoe3")
            || p.role() == UP
            || p.role() == GATE
            || p.role() == DOWN;
    return p.stacked() && expert ? MXFP4 : Q8_0;
  }
}

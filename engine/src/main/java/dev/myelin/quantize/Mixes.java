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
import static dev.myelin.quantize.TensorRole.ATTENTION_K;
import static dev.myelin.quantize.TensorRole.ATTENTION_OUTPUT;
import static dev.myelin.quantize.TensorRole.ATTENTION_Q;
import static dev.myelin.quantize.TensorRole.ATTENTION_V;
import static dev.myelin.quantize.TensorRole.FFN_DOWN;
import static dev.myelin.quantize.TensorRole.FFN_GATE;
import static dev.myelin.quantize.TensorRole.FFN_UP;
import static dev.myelin.quantize.TensorRole.OUTPUT;
import static dev.myelin.quantize.TensorRole.TOKEN_EMBEDDING;

import dev.myelin.gguf.GgmlType;
import dev.myelin.quantize.Mix.Rule;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Every quantization mix, from the fewest bits to the most. A new mix is an entry in this list.
 * Names, numbers and rules are those of llama.cpp 0.5.0. Stateless and thread-safe.
 */
public final class Mixes {
  private static final Rule MORE_BITS_Q6_K = p -> p.usesMoreBits() ? Q6_K : null;
  private static final Rule EIGHT_EXPERTS_Q5_K = q5ForEightExperts(null);
  private static final Rule MIDDLE_IQ3_XXS = p -> p.inMiddle() ? IQ3_XXS : null;

  private static final List<Mix> ALL =
      List.of(
          Mix.of("Q1_0", 40, Q1_0),
          twoBitMix("IQ1_S", 24, IQ1_S, Q2_K, IQ2_XXS),
          twoBitMix("IQ1_M", 31, IQ1_M, Q2_K, IQ2_XXS),
          twoBitMix("IQ2_XXS", 19, IQ2_XXS, Q2_K, null),
          twoBitMix("IQ2_XS", 20, IQ2_XS, Q2_K, null),
          twoBitMix("IQ2_S", 28, IQ2_XS, IQ3_S, IQ3_S),
          twoBitMix("IQ2_M", 29, IQ2_S, IQ3_S, IQ3_S),
          Mix.of("TQ1_0", 36, TQ1_0).withRule(TOKEN_EMBEDDING, p -> Q4_K),
          Mix.of("TQ2_0", 37, TQ2_0).withRule(TOKEN_EMBEDDING, p -> Q4_K),
          Mix.of("Q2_0", 41, Q2_0).withRule(TOKEN_EMBEDDING, p -> Q4_K),
          Mix.of("Q2_K_S", 21, Q2_K)
              .withRule(ATTENTION_V, p -> p.isGroupedQuery() ? Q4_K : null)
              .withRule(FFN_DOWN, p -> p.inFirstFraction(8) ? Q4_K : null),
          Mix.of("Q2_K", 10, Q2_K)
              .withRule(ATTENTION_V, p -> p.isGroupedQuery() ? Q4_K : Q3_K)
              .withRule(FFN_DOWN, p -> Q3_K)
              .withRule(ATTENTION_OUTPUT, q5ForEightExperts(Q3_K)),
          Mix.of("IQ3_XXS", 23, IQ3_XXS)
              .withRule(OUTPUT, p -> Q5_K)
              .withRule(TOKEN_EMBEDDING, p -> IQ3_S)
              .withRule(
                  ATTENTION_V, p -> p.isGroupedQuery() ? Q4_K : p.hasImportance() ? null : IQ3_S)
              .withRule(ATTENTION_K, p -> IQ2_S)
              .withRule(ATTENTION_Q, p -> IQ2_S)
              .withRule(
                  FFN_DOWN, p -> p.hasImportance() ? null : p.inFirstFraction(8) ? Q4_K : Q3_K)
              .withRule(ATTENTION_OUTPUT, q5ForEightExperts(IQ3_S)),
          Mix.of("IQ3_XS", 22, IQ3_S)
              .withRule(ATTENTION_V, p -> p.isGroupedQuery() ? Q4_K : null)
              .withRule(ATTENTION_K, p -> IQ3_XXS)
              .withRule(ATTENTION_Q, p -> IQ3_XXS)
              .withRule(FFN_GATE, MIDDLE_IQ3_XXS)
              .withRule(FFN_UP, MIDDLE_IQ3_XXS)
              .withRule(ATTENTION_OUTPUT, EIGHT_EXPERTS_Q5_K),
          Mix.of("IQ3_S", 26, IQ3_S)
              .withRule(ATTENTION_V, p -> p.isGroupedQuery() ? Q4_K : null)
              .withRule(ATTENTION_OUTPUT, EIGHT_EXPERTS_Q5_K),
          Mix.of("IQ3_M", 27, IQ3_S)
              .withRule(ATTENTION_V, p -> Q4_K)
              .withRule(
                  FFN_DOWN,
                  p ->
                      p.inFirstFraction(8) || (p.hasEightExperts() && p.usesMoreBits())
                          ? Q4_K
                          : null)
              .withRule(ATTENTION_OUTPUT, q5ForEightExperts(Q4_K)),
          Mix.of("Q3_K_S", 11, Q3_K).withRule(ATTENTION_OUTPUT, EIGHT_EXPERTS_Q5_K),
          Mix.of("Q3_K_M", 12, Q3_K)
              .withRule(ATTENTION_V, p -> p.layer() < 2 ? Q5_K : Q4_K)
              .withRule(
                  FFN_DOWN,
                  p ->
                      p.inFirstFraction(16)
                          ? Q5_K
                          : !p.isFalcon() || p.usesMoreBits() ? Q4_K : null)
              .withRule(ATTENTION_OUTPUT, q5ForEightExperts(Q4_K)),
          Mix.of("Q3_K_L", 13, Q3_K)
              .withRule(ATTENTION_V, p -> Q5_K)
              .withRule(FFN_DOWN, p -> p.isFalcon() ? Q4_K : Q5_K)
              .withRule(
                  ATTENTION_OUTPUT, p -> p.isFalcon() ? Q4_K : p.hasEightExperts() ? null : Q5_K),
          Mix.of("MXFP4_MOE", 38, MXFP4)
              .withRule(OUTPUT, p -> Q8_0)
              .withDefaultRule(Mixes::mxfp4ForExperts)
              .withoutLargeModelRules(),
          Mix.of("IQ4_XS", 30, IQ4_XS)
              .withRule(ATTENTION_V, p -> p.isGroupedQuery() ? Q5_K : null)
              .withRule(FFN_DOWN, p -> p.inFirstFraction(8) && !p.hasImportance() ? Q5_K : null)
              .withRule(ATTENTION_OUTPUT, EIGHT_EXPERTS_Q5_K),
          Mix.of("IQ4_NL", 25, IQ4_NL)
              .withRule(ATTENTION_V, p -> p.isGroupedQuery() ? Q5_K : null)
              .withRule(FFN_DOWN, p -> p.inFirstFraction(8) && !p.hasImportance() ? Q5_K : null)
              .withRule(ATTENTION_OUTPUT, EIGHT_EXPERTS_Q5_K),
          Mix.of("NVFP4", 39, NVFP4),
          Mix.of("Q4_0", 2, Q4_0)
              .withRule(FFN_DOWN, p -> p.inFirstFraction(8) && p.hasImportance() ? Q4_1 : null),
          Mix.of("Q4_K_S", 14, Q4_K)
              .withRule(ATTENTION_V, p -> p.layer() < 4 ? Q5_K : null)
              .withRule(FFN_DOWN, p -> p.inFirstFraction(8) && !p.isFalcon() ? Q5_K : null)
              .withRule(ATTENTION_OUTPUT, EIGHT_EXPERTS_Q5_K),
          Mix.of("Q4_K_M", 15, Q4_K)
              .withRule(ATTENTION_V, MORE_BITS_Q6_K)
              .withRule(FFN_DOWN, Mixes::ffnDownOfQ4KM)
              .withRule(ATTENTION_OUTPUT, EIGHT_EXPERTS_Q5_K),
          Mix.of("Q4_1", 3, Q4_1),
          Mix.of("Q5_0", 8, Q5_0)
              .withRule(FFN_DOWN, p -> p.inFirstFraction(8) && p.hasImportance() ? Q5_1 : null),
          Mix.of("Q5_K_S", 16, Q5_K),
          Mix.of("Q5_K_M", 17, Q5_K)
              .withRule(ATTENTION_V, MORE_BITS_Q6_K)
              .withRule(FFN_DOWN, MORE_BITS_Q6_K),
          Mix.of("Q5_1", 9, Q5_1),
          Mix.of("Q6_K", 18, Q6_K),
          Mix.of("Q8_0", 7, Q8_0).withRule(OUTPUT, p -> Q8_0),
          Mix.of("BF16", 32, BF16),
          Mix.of("F16", 1, F16),
          Mix.of("F32", 0, F32));

  /** Alternative names of some mixes. */
  private static final Map<String, String> ALIASES =
      Map.of("Q3_K", "Q3_K_M", "Q4_K", "Q4_K_M", "Q5_K", "Q5_K_M");

  private Mixes() {}

  /** Every mix, from the fewest bits to the most. */
  public static List<Mix> all() {
    return ALL;
  }

  /** Alternative names, and the mixes they stand for. */
  public static Map<String, String> aliases() {
    return ALIASES;
  }

  /** The mix with this value of {@code general.file_type}. */
  public static Optional<Mix> ofFileType(int number) {
    return ALL.stream().filter(m -> m.fileType() == number).findFirst();
  }

  /** Finds a mix by name, alias or number, ignoring case. */
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
   * A mix of about two bits per weight.
   *
   * @param upgraded the type of the token embedding, of value matrices, and of ffn_down in the
   *     first layers
   * @param attentionOutput the type of the attention output, null for the base type
   */
  private static Mix twoBitMix(
      String name,
      int fileType,
      GgmlType base,
      GgmlType upgraded,
      @Nullable GgmlType attentionOutput) {
    return Mix.of(name, fileType, base)
        .withRule(OUTPUT, p -> Q5_K)
        .withRule(TOKEN_EMBEDDING, p -> upgraded)
        .withRule(
            ATTENTION_V, p -> p.isGroupedQuery() || p.model().experts() >= 4 ? Q4_K : upgraded)
        .withRule(ATTENTION_K, p -> p.hasEightExperts() ? Q4_K : null)
        .withRule(FFN_DOWN, p -> p.inFirstFraction(8) ? upgraded : null)
        .withRule(ATTENTION_OUTPUT, p -> p.hasEightExperts() ? Q5_K : attentionOutput)
        .withoutLargeModelRules();
  }

  /** Q5_K with eight experts, where attention is a small part of the model. */
  private static Rule q5ForEightExperts(@Nullable GgmlType fallback) {
    return p -> p.isFalcon() ? null : p.hasEightExperts() ? Q5_K : fallback;
  }

  private static @Nullable GgmlType ffnDownOfQ4KM(Mix.MatrixContext p) {
    if (p.isFalcon()) {
      return p.inFirstFraction(16) ? Q6_K : p.usesMoreBits() ? Q5_K : null;
    }
    return p.usesMoreBits() ? Q6_K : null;
  }

  private static GgmlType mxfp4ForExperts(Mix.MatrixContext p) {
    boolean isExpert =
        !p.model().architecture().equals("bailingmoe3")
            || p.role() == FFN_UP
            || p.role() == FFN_GATE
            || p.role() == FFN_DOWN;
    return p.isExpertStack() && isExpert ? MXFP4 : Q8_0;
  }
}

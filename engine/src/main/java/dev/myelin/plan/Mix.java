package dev.myelin.plan;

import dev.myelin.gguf.GgmlType;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A way to quantise a whole model, as checkpoints are published: most matrices have the type of
 * that name, and those that matter most have better ones. The rules are those that {@code
 * llama-quantize} 0.5.0 follows without an importance matrix.
 */
public enum Mix {
  F32("F32", GgmlType.F32),
  F16("F16", GgmlType.F16),
  BF16("BF16", GgmlType.BF16),
  Q8_0("Q8_0", GgmlType.Q8_0),
  Q6_K("Q6_K", GgmlType.Q6_K),
  Q5_K_M("Q5_K_M", GgmlType.Q5_K),
  Q5_K_S("Q5_K_S", GgmlType.Q5_K),
  Q5_1("Q5_1", GgmlType.Q5_1),
  Q5_0("Q5_0", GgmlType.Q5_0),
  Q4_K_M("Q4_K_M", GgmlType.Q4_K),
  Q4_K_S("Q4_K_S", GgmlType.Q4_K),
  Q4_1("Q4_1", GgmlType.Q4_1),
  Q4_0("Q4_0", GgmlType.Q4_0),
  IQ4_NL("IQ4_NL", GgmlType.IQ4_NL),
  IQ4_XS("IQ4_XS", GgmlType.IQ4_XS),
  MXFP4_MOE("MXFP4", GgmlType.MXFP4),
  Q3_K_L("Q3_K_L", GgmlType.Q3_K),
  Q3_K_M("Q3_K_M", GgmlType.Q3_K),
  IQ3_M("IQ3_M", GgmlType.IQ3_S),
  Q3_K_S("Q3_K_S", GgmlType.Q3_K),
  IQ3_S("IQ3_S", GgmlType.IQ3_S),
  IQ3_XS("IQ3_XS", GgmlType.IQ3_S),
  IQ3_XXS("IQ3_XXS", GgmlType.IQ3_XXS),
  Q2_K("Q2_K", GgmlType.Q2_K),
  Q2_K_S("Q2_K_S", GgmlType.Q2_K),
  IQ2_M("IQ2_M", GgmlType.IQ2_S),
  IQ2_S("IQ2_S", GgmlType.IQ2_XS),
  IQ2_XS("IQ2_XS", GgmlType.IQ2_XS),
  IQ2_XXS("IQ2_XXS", GgmlType.IQ2_XXS),
  IQ1_M("IQ1_M", GgmlType.IQ1_M),
  IQ1_S("IQ1_S", GgmlType.IQ1_S);

  private final String label;
  private final GgmlType base;

  Mix(String label, GgmlType base) {
    this.label = label;
    this.base = base;
  }

  /** Its name as file names have it: {@code Q4_K_M}. */
  public String label() {
    return label;
  }

  /** The type of most matrices. */
  public GgmlType base() {
    return base;
  }

  /** The mix of that name, in any case. */
  public static Optional<Mix> of(String name) {
    return Arrays.stream(values()).filter(m -> m.label.equalsIgnoreCase(name)).findFirst();
  }

  /** Whether it is meant for mixtures of experts alone. */
  public boolean expertsOnly() {
    return this == MXFP4_MOE;
  }

  boolean is(Mix... others) {
    return List.of(others).contains(this);
  }

  /** Two bits and less. */
  boolean low() {
    return is(IQ2_M, IQ2_S, IQ2_XS, IQ2_XXS, IQ1_M, IQ1_S);
  }
}

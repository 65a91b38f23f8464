package dev.myelin.plan;

import static dev.myelin.plan.Mix.*;

import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.inspect.InspectedTensor;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Which type a matrix has in a file of a {@link Mix}.
 *
 * @param layers of the model
 * @param sharing how many heads of queries share one of keys and values
 * @param experts of a layer
 * @param tied whether the embedding is the output too
 */
record MixRules(Mix mix, int layers, int sharing, int experts, boolean tied) {
  /** A mixture of so many is taken for Mixtral: its attention is small, and kept well. */
  private static final int MIXTRAL = 8;

  /** Llama 2 70B and its like, told by their depth. */
  private static final int LAYERS_OF_70B = 80;

  /** Never quantised, whatever their shape. */
  private static final Pattern KEPT =
      Pattern.compile(
          ".*(_norm\\.weight|ffn_gate_inp\\.weight|position_embd\\.weight|token_types\\.weight"
              + "|ssm_conv1d.*|attn_rel_b\\.weight|altup.*|laurel.*|per_layer_model_proj.*"
              + "|ffn_gate_tid2eid\\.weight|patch_embd.*)");

  /**
   * The same tensor as a file of this mix has it.
   *
   * @param tensor as the source has it: what is not quantised keeps its type
   */
  TensorInfo apply(TensorInfo tensor) {
    GgmlType type = quantises(tensor) ? type(tensor) : tensor.type();
    return new TensorInfo(tensor.name(), type, tensor.shape(), 0, 0, type.bytes(tensor.elements()));
  }

  private static boolean quantises(TensorInfo tensor) {
    boolean matrix = tensor.dim(1) > 1 || tensor.dim(2) > 1;
    return matrix && tensor.name().endsWith("weight") && !KEPT.matcher(tensor.name()).matches();
  }

  private GgmlType type(TensorInfo tensor) {
    if (!mix.base().isQuantized()) {
      return mix.base();
    }
    int layer = InspectedTensor.of(tensor).layer().orElse(0);
    GgmlType wanted = wanted(Role.of(tensor.name()), layer, tensor);
    return fitting(wanted, tensor.dim(0));
  }

  private GgmlType wanted(Role role, int layer, TensorInfo tensor) {
    if (role == Role.OUTPUT || (tied && role == Role.EMBEDDING)) {
      return output(tensor.dim(0));
    } else if (mix == MXFP4_MOE) {
      return tensor.dim(2) > 1 ? GgmlType.MXFP4 : GgmlType.Q8_0;
    } else if (role == Role.EMBEDDING) {
      return embedding();
    }
    return mix.low() ? low(role, layer) : usual(role, layer);
  }

  private GgmlType output(long row) {
    if (mix == MXFP4_MOE || row % mix.base().blockSize() != 0 || mix.base() == GgmlType.Q8_0) {
      return GgmlType.Q8_0;
    }
    return mix.low() || mix == IQ3_XXS ? GgmlType.Q5_K : GgmlType.Q6_K;
  }

  private GgmlType embedding() {
    if (mix.is(IQ2_XXS, IQ2_XS, IQ1_S, IQ1_M)) {
      return GgmlType.Q2_K;
    }
    return mix.is(IQ2_S, IQ2_M, IQ3_XXS) ? GgmlType.IQ3_S : mix.base();
  }

  /** Mixes of two bits and less. */
  private GgmlType low(Role role, int layer) {
    boolean better = mix.is(IQ2_S, IQ2_M);
    GgmlType next = better ? GgmlType.IQ3_S : GgmlType.Q2_K;
    return switch (role) {
      case VALUE -> sharing >= 4 || experts >= 4 ? GgmlType.Q4_K : next;
      case KEY -> experts == MIXTRAL ? GgmlType.Q4_K : mix.base();
      case DOWN -> layer < layers / 8 ? next : mix.base();
      case ATTENTION_OUTPUT -> {
        if (experts == MIXTRAL) {
          yield GgmlType.Q5_K;
        }
        GgmlType one = mix.is(IQ1_S, IQ1_M) ? GgmlType.IQ2_XXS : mix.base();
        yield better ? GgmlType.IQ3_S : one;
      }
      default -> mix.base();
    };
  }

  private GgmlType usual(Role role, int layer) {
    return switch (role) {
      case VALUE -> value(layer);
      case KEY -> experts == MIXTRAL ? GgmlType.Q8_0 : query();
      case QUERY -> query();
      case DOWN -> down(layer);
      case ATTENTION_OUTPUT -> attentionOutput();
      case GATE_OR_UP ->
          mix == IQ3_XS && layer >= layers / 8 && layer < 7 * layers / 8
              ? GgmlType.IQ3_XXS
              : mix.base();
      default -> mix.base();
    };
  }

  private GgmlType value(int layer) {
    if (experts == MIXTRAL) {
      return GgmlType.Q8_0;
    }
    GgmlType type = plainValue(layer);
    boolean raised = type == GgmlType.Q3_K || type == GgmlType.Q4_K;
    return layers == LAYERS_OF_70B && sharing > 1 && raised ? GgmlType.Q5_K : type;
  }

  private GgmlType plainValue(int layer) {
    boolean grouped = sharing >= 4;
    return switch (mix) {
      case Q2_K -> grouped ? GgmlType.Q4_K : GgmlType.Q3_K;
      case Q2_K_S, IQ3_XS, IQ3_S -> grouped ? GgmlType.Q4_K : mix.base();
      case IQ3_XXS -> grouped ? GgmlType.Q4_K : GgmlType.IQ3_S;
      case IQ3_M -> GgmlType.Q4_K;
      case Q3_K_M -> layer < 2 ? GgmlType.Q5_K : GgmlType.Q4_K;
      case Q3_K_L -> GgmlType.Q5_K;
      case IQ4_NL, IQ4_XS -> grouped ? GgmlType.Q5_K : mix.base();
      case Q4_K_M, Q5_K_M -> favoured(layer) ? GgmlType.Q6_K : mix.base();
      case Q4_K_S -> layer < 4 ? GgmlType.Q5_K : mix.base();
      default -> mix.base();
    };
  }

  private GgmlType query() {
    GgmlType other = mix == IQ3_XXS ? GgmlType.IQ2_S : mix.base();
    return mix == IQ3_XS ? GgmlType.IQ3_XXS : other;
  }

  private GgmlType down(int layer) {
    boolean first = layer < layers / 8;
    return switch (mix) {
      case Q2_K -> GgmlType.Q3_K;
      case Q2_K_S -> first ? GgmlType.Q4_K : mix.base();
      case IQ3_XXS -> first ? GgmlType.Q4_K : GgmlType.Q3_K;
      case Q3_K_M -> layer < layers / 16 ? GgmlType.Q5_K : GgmlType.Q4_K;
      case Q3_K_L -> GgmlType.Q5_K;
      case IQ3_M -> first || (experts == MIXTRAL && favoured(layer)) ? GgmlType.Q4_K : mix.base();
      case Q4_K_M, Q5_K_M -> favoured(layer) ? GgmlType.Q6_K : mix.base();
      case IQ4_NL, IQ4_XS, Q4_K_S -> first ? GgmlType.Q5_K : mix.base();
      default -> mix.base();
    };
  }

  private GgmlType attentionOutput() {
    if (experts == MIXTRAL) {
      List<Mix> kept =
          List.of(
              Q2_K, IQ3_XS, IQ3_XXS, Q3_K_S, Q3_K_M, IQ4_NL, Q4_K_S, Q4_K_M, IQ3_S, IQ3_M, IQ4_XS);
      return kept.contains(mix) ? GgmlType.Q5_K : mix.base();
    }
    return switch (mix) {
      case Q2_K -> GgmlType.Q3_K;
      case IQ3_XXS -> GgmlType.IQ3_S;
      case Q3_K_M, IQ3_M -> GgmlType.Q4_K;
      case Q3_K_L -> GgmlType.Q5_K;
      default -> mix.base();
    };
  }

  /** The first and last eighth of the layers, and each third between. */
  private boolean favoured(int layer) {
    int eighth = layers / 8;
    return layer < eighth || layer >= 7 * layers / 8 || (layer - eighth) % 3 == 2;
  }

  /** A similar type whose blocks divide rows of that length. */
  private static GgmlType fitting(GgmlType wanted, long row) {
    if (row % wanted.blockSize() == 0) {
      return wanted;
    }
    GgmlType other =
        switch (wanted) {
          case IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S, IQ4_XS -> GgmlType.IQ4_NL;
          case Q2_K, Q3_K -> GgmlType.Q4_0;
          case Q4_K -> GgmlType.Q5_0;
          case Q5_K -> GgmlType.Q5_1;
          case Q6_K -> GgmlType.Q8_0;
          default -> wanted;
        };
    return row % other.blockSize() == 0 ? other : GgmlType.F16;
  }
}

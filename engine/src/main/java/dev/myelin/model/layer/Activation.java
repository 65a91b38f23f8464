package dev.myelin.model.layer;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The function between the matrices of a feed-forward network: of gate and up, or of up alone.
 * Immutable and thread-safe.
 *
 * @param limit of the kinds that clamp; 0 for none
 */
public record Activation(Kind kind, float limit) {
  // Agarwal et al. 2025 (gpt-oss), constants in its reference implementation
  private static final float OAI_ALPHA = 1.702f;
  private static final float OAI_LIMIT = 7f;

  /** With a gate, a gated linear unit (Shazeer 2020). */
  public enum Kind {
    /** {@code silu(gate) * up}, or {@code silu(up)}; values are clamped after the function. */
    SILU,
    /** {@code silu(min(gate, limit)) * clamp(up)}: gates are clamped before the function. */
    SILU_OF_CLAMPED,
    /** {@code gelu(gate) * up}, or {@code gelu(up)}, by the tanh approximation. */
    GELU,
    /** {@code max(gate, 0) * up}, or {@code max(up, 0)}. */
    RELU,
    /** {@code max(up, 0)²}, never gated. */
    RELU_SQUARED,
    /** The clamped SwiGLU of gpt-oss. */
    SWIGLU_OAI
  }

  public static final Activation SILU = new Activation(Kind.SILU, 0);
  public static final Activation GELU = new Activation(Kind.GELU, 0);
  public static final Activation RELU = new Activation(Kind.RELU, 0);
  public static final Activation RELU_SQUARED = new Activation(Kind.RELU_SQUARED, 0);
  public static final Activation SWIGLU_OAI = new Activation(Kind.SWIGLU_OAI, OAI_LIMIT);

  /** Limits up to this are none. */
  private static final float NO_LIMIT = 1e-6f;

  /** SwiGLU whose factors are clamped: silu(gate) to at most limit, up to -limit .. limit. */
  public static Activation siluThenClamp(float limit) {
    return limit > NO_LIMIT ? new Activation(Kind.SILU, limit) : SILU;
  }

  /** SwiGLU of clamped gate and up: gate to at most limit, up to -limit .. limit. */
  public static Activation siluOfClamped(float limit) {
    return limit > NO_LIMIT ? new Activation(Kind.SILU_OF_CLAMPED, limit) : SILU;
  }

  /** Of the same shapes. */
  Tensor of(GraphBuilder g, @Nullable Tensor gate, Tensor up) {
    return gate == null ? ungated(g, up) : gated(g, gate, up);
  }

  private Tensor gated(GraphBuilder g, Tensor gate, Tensor up) {
    return switch (kind) {
      case SILU -> limit > 0 ? clamped(g, gate, up) : g.swiglu(gate, up);
      case SILU_OF_CLAMPED -> g.swigluClamp(gate, up, limit);
      case GELU -> g.geglu(gate, up);
      case RELU -> g.reglu(gate, up);
      case SWIGLU_OAI -> g.swigluOai(gate, up, OAI_ALPHA, limit);
      case RELU_SQUARED -> throw new IllegalStateException("a gate of " + kind);
    };
  }

  private Tensor clamped(GraphBuilder g, Tensor gate, Tensor up) {
    Tensor factor = g.clamp(g.silu(gate), Float.NEGATIVE_INFINITY, limit);
    return g.multiply(factor, g.clamp(up, -limit, limit));
  }

  private Tensor ungated(GraphBuilder g, Tensor up) {
    return switch (kind) {
      case SILU -> g.silu(up);
      case GELU -> g.gelu(up);
      case RELU -> g.relu(up);
      case RELU_SQUARED -> g.square(g.relu(up));
      case SILU_OF_CLAMPED, SWIGLU_OAI -> throw new IllegalStateException("no gate of " + kind);
    };
  }
}

package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.natives.CustomOp;
import java.lang.foreign.MemorySegment;

/**
 * Gated linear units (Shazeer 2020): a function of the gate times up, both f32 of the same shape.
 * Not thread-safe.
 */
abstract class GatedOps extends ElementwiseOps {
  /** {@code silu(gate) * up}. */
  public Tensor swiglu(Tensor gate, Tensor up) {
    Tensor y =
        wrap(Ggml_h.ggml_swiglu_split(gated("swiglu", gate, up), gate.struct(), up.struct()));
    activations.recordSwiglu(y, gate, up);
    return y;
  }

  /** {@code gelu(gate) * up}, the tanh approximation; to f16 precision. */
  public Tensor geglu(Tensor gate, Tensor up) {
    MemorySegment ctx = gated("geglu", gate, up);
    return !isDifferentiable() && NativeKernels.supportsGelu(gate) && NativeKernels.supportsGelu(up)
        ? custom(CustomOp.GELU, gate, up)
        : wrap(Ggml_h.ggml_geglu_split(ctx, gate.struct(), up.struct()));
  }

  /** {@code gelu(gate) * up}, by the error function. */
  public Tensor gegluErf(Tensor gate, Tensor up) {
    return wrap(
        Ggml_h.ggml_geglu_erf_split(gated("gegluErf", gate, up), gate.struct(), up.struct()));
  }

  /** {@code gate * sigmoid(1.702 gate) * up}; to f16 precision. */
  public Tensor gegluQuick(Tensor gate, Tensor up) {
    return wrap(
        Ggml_h.ggml_geglu_quick_split(gated("gegluQuick", gate, up), gate.struct(), up.struct()));
  }

  /** {@code max(gate, 0) * up}; a NaN gate gives 0. */
  public Tensor reglu(Tensor gate, Tensor up) {
    return wrap(Ggml_h.ggml_reglu_split(gated("reglu", gate, up), gate.struct(), up.struct()));
  }

  /**
   * The SwiGLU of gpt-oss: {@code g sigmoid(alpha g) (u + 1)} with {@code g = min(gate, limit)} and
   * {@code u = clamp(up, -limit, limit)}.
   */
  public Tensor swigluOai(Tensor gate, Tensor up, float alpha, float limit) {
    Shapes.check(limit >= 0, "swigluOai: limit " + limit, gate);
    return wrap(
        Ggml_h.ggml_swiglu_oai(
            gated("swigluOai", gate, up), gate.struct(), up.struct(), alpha, limit));
  }

  /** {@code silu(min(gate, limit)) * clamp(up, -limit, limit)}. */
  public Tensor swigluClamp(Tensor gate, Tensor up, float limit) {
    Shapes.check(limit >= 0, "swigluClamp: limit " + limit, gate);
    return wrap(
        Ggml_h.ggml_swiglu_clamp(
            gated("swigluClamp", gate, up), gate.struct(), up.struct(), limit));
  }

  private MemorySegment gated(String name, Tensor gate, Tensor up) {
    Shapes.check(
        Shapes.isF32Rows(gate)
            && Shapes.isF32Rows(up)
            && Shapes.isSameShape(gate, up)
            && gate.isContiguousFrom(1)
            && up.isContiguousFrom(1),
        name,
        gate,
        up);
    return ctx(2);
  }
}

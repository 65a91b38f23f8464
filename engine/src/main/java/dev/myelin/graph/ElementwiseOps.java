package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.natives.CustomOp;
import java.lang.foreign.MemorySegment;

/** Elementwise operations on f32. Not thread-safe. */
abstract class ElementwiseOps extends ViewOps {
  /** {@code a + b}, b broadcast to the shape of a. */
  public Tensor add(Tensor a, Tensor b) {
    MemorySegment ctx = binary("add", a, b);
    return !isDifferentiable() && NativeKernels.supportsAdd(a, b)
        ? custom(CustomOp.ADD, a, b)
        : wrap(Ggml_h.ggml_add(ctx, a.struct(), b.struct()));
  }

  /**
   * Adds f32 {@code b} to the {@link #slice} of {@code a} that starts at {@code from} and is as
   * long as b, in the memory of {@code a} unless it is all of it. {@code a} is contiguous.
   */
  public Tensor addSlice(Tensor a, Tensor b, int dimension, long from) {
    if (from == 0 && Shapes.isSameShape(a, b)) {
      return add(a, b);
    }
    long[] d = {a.dim(0), a.dim(1), a.dim(2), a.dim(3)};
    d[dimension] = b.dim(dimension);
    Shapes.check(
        Shapes.isDense(a)
            && Shapes.isF32Rows(b)
            && Shapes.hasShape(b, d[0], d[1], d[2], d[3])
            && from >= 0
            && from + b.dim(dimension) <= a.dim(dimension)
            && a.elements() * Float.BYTES <= Integer.MAX_VALUE,
        "addSlice",
        a,
        b);
    return wrap(
        Ggml_h.ggml_acc_inplace(
            ctx(2),
            a.struct(),
            b.struct(),
            a.stride(1),
            a.stride(2),
            a.stride(3),
            from * a.stride(dimension)));
  }

  /** {@code a * b}, b broadcast to the shape of a. */
  public Tensor multiply(Tensor a, Tensor b) {
    Tensor y = wrap(Ggml_h.ggml_mul(binary("multiply", a, b), a.struct(), b.struct()));
    activations.recordMultiply(y, a, b);
    return y;
  }

  /** {@code a / b}, b broadcast to the shape of a. */
  public Tensor divide(Tensor a, Tensor b) {
    return wrap(Ggml_h.ggml_div(binary("divide", a, b), a.struct(), b.struct()));
  }

  /** {@code a - b}, b broadcast to the shape of a. */
  public Tensor subtract(Tensor a, Tensor b) {
    return wrap(Ggml_h.ggml_sub(binary("subtract", a, b), a.struct(), b.struct()));
  }

  private MemorySegment binary(String name, Tensor a, Tensor b) {
    Shapes.check(Shapes.isF32Rows(a) && Shapes.isF32(b) && Shapes.canBroadcast(a, b), name, a, b);
    return ctx(2);
  }

  /** {@code factor * a}. */
  public Tensor scale(Tensor a, float factor) {
    Shapes.check(Shapes.isF32(a) && a.isContiguousFrom(0), "scale", a);
    return wrap(Ggml_h.ggml_scale(ctx(1), a.struct(), factor));
  }

  /** {@code factor * a + bias}. */
  public Tensor scaleBias(Tensor a, float factor, float bias) {
    Shapes.check(Shapes.isF32(a) && a.isContiguousFrom(0), "scaleBias", a);
    return wrap(Ggml_h.ggml_scale_bias(ctx(1), a.struct(), factor, bias));
  }

  /** {@code min(max(a, low), high)}; NaN becomes {@code high}. */
  public Tensor clamp(Tensor a, float low, float high) {
    Shapes.check(Shapes.isF32Rows(a) && a.isContiguousFrom(1) && low <= high, "clamp", a);
    return wrap(Ggml_h.ggml_clamp(ctx(1), a.struct(), low, high));
  }

  /** 1 where {@code a > 0}, else 0. */
  public Tensor step(Tensor a) {
    return wrap(Ggml_h.ggml_step(unary("step", a), a.struct()));
  }

  /** {@code -a}. */
  public Tensor negate(Tensor a) {
    return wrap(Ggml_h.ggml_neg(unary("negate", a), a.struct()));
  }

  /** {@code a * a}. */
  public Tensor square(Tensor a) {
    return wrap(Ggml_h.ggml_sqr(unary("square", a), a.struct()));
  }

  public Tensor sqrt(Tensor a) {
    return wrap(Ggml_h.ggml_sqrt(unary("sqrt", a), a.struct()));
  }

  public Tensor exp(Tensor a) {
    return wrap(Ggml_h.ggml_exp(unary("exp", a), a.struct()));
  }

  /** The natural logarithm. */
  public Tensor log(Tensor a) {
    return wrap(Ggml_h.ggml_log(unary("log", a), a.struct()));
  }

  public Tensor tanh(Tensor a) {
    return wrap(Ggml_h.ggml_tanh(unary("tanh", a), a.struct()));
  }

  /** {@code 1 / (1 + exp(-a))}. */
  public Tensor sigmoid(Tensor a) {
    return wrap(Ggml_h.ggml_sigmoid(unary("sigmoid", a), a.struct()));
  }

  /** {@code log(1 + exp(a))}. */
  public Tensor softplus(Tensor a) {
    return wrap(Ggml_h.ggml_softplus(unary("softplus", a), a.struct()));
  }

  /** {@code max(a, 0)}; NaN becomes 0. */
  public Tensor relu(Tensor a) {
    return wrap(Ggml_h.ggml_relu(unary("relu", a), a.struct()));
  }

  /** {@code a * sigmoid(a)} (Elfwing et al. 2018). */
  public Tensor silu(Tensor a) {
    return wrap(Ggml_h.ggml_silu(unary("silu", a), a.struct()));
  }

  /** GELU, tanh approximation (GPT-2); to f16 precision. */
  public Tensor gelu(Tensor a) {
    MemorySegment ctx = unary("gelu", a);
    return !isDifferentiable() && NativeKernels.supportsGelu(a)
        ? custom(CustomOp.GELU, a)
        : wrap(Ggml_h.ggml_gelu(ctx, a.struct()));
  }

  /** GELU by the error function (Hendrycks and Gimpel 2016). */
  public Tensor geluErf(Tensor a) {
    return wrap(Ggml_h.ggml_gelu_erf(unary("geluErf", a), a.struct()));
  }

  /** {@code a * sigmoid(1.702 a)}; to f16 precision. */
  public Tensor geluQuick(Tensor a) {
    return wrap(Ggml_h.ggml_gelu_quick(unary("geluQuick", a), a.struct()));
  }

  /**
   * xIELU (Huang and Schlag 2024): {@code p a² + beta a} for a > 0, else {@code n (expm1(min(a,
   * epsilon)) - a) + beta a}, with p = softplus(alphaP) and n = beta + softplus(alphaN).
   */
  public Tensor xielu(Tensor a, float alphaN, float alphaP, float beta, float epsilon) {
    Shapes.check(Shapes.isF32Rows(a) && a.isContiguousFrom(1), "xielu", a);
    return wrap(Ggml_h.ggml_xielu(ctx(1), a.struct(), alphaN, alphaP, beta, epsilon));
  }

  private MemorySegment unary(String name, Tensor a) {
    Shapes.check(Shapes.isF32Rows(a), name, a);
    return ctx(1);
  }
}

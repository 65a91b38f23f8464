package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.kernels.myelin_rope_params;
import dev.myelin.gguf.GgmlType;
import dev.myelin.natives.CustomOp;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Rotary position embedding (Su et al. 2021; YaRN, Peng et al. 2023) of f32 [headSize, heads,
 * tokens]. Not thread-safe.
 */
abstract class RopeOps extends MatmulOps {
  private static final int SECTIONS = 4;

  /**
   * Rotates the first {@code p.dimensions()} values of each head.
   *
   * @param positions i32 [tokens]
   * @param factors per-frequency divisors f32 [dimensions / 2], or null
   */
  public Tensor rope(Tensor a, Tensor positions, @Nullable Tensor factors, RopeParameters p) {
    return rope(a, positions, factors, p, 0);
  }

  /**
   * Rotates {@code p.dimensions()} values of each head from {@code offset}, an even number; the
   * others are copied.
   */
  public Tensor rope(
      Tensor a, Tensor positions, @Nullable Tensor factors, RopeParameters p, int offset) {
    check(a, positions, factors, p, 1);
    Shapes.check(
        offset >= 0 && offset % 2 == 0 && offset + p.dimensions() <= a.dim(0),
        "rope from " + offset,
        a);
    if (!isDifferentiable() && NativeKernels.supportsRope(a, p)) {
      return nativeRope(a, positions, factors, p, offset);
    }
    MemorySegment y =
        Ggml_h.ggml_rope_ext(
            ctx(3),
            a.struct(),
            positions.struct(),
            structOrNull(factors),
            p.dimensions(),
            p.type().ggmlMode(),
            p.originalContext(),
            p.freqBase(),
            p.freqScale(),
            p.extFactor(),
            p.attentionFactor(),
            p.betaFast(),
            p.betaSlow());
    return wrap(offset == 0 ? y : Ggml_h.ggml_rope_set_offset(y, offset));
  }

  private Tensor nativeRope(
      Tensor a, Tensor positions, @Nullable Tensor factors, RopeParameters p, int offset) {
    MemorySegment params = scratch(myelin_rope_params.sizeof());
    myelin_rope_params.dimensions(params, p.dimensions());
    myelin_rope_params.offset(params, offset);
    myelin_rope_params.halves(params, p.type() == RopeParameters.Type.NEOX ? 1 : 0);
    myelin_rope_params.freq_base(params, p.freqBase());
    myelin_rope_params.freq_scale(params, p.freqScale());
    myelin_rope_params.attention_factor(params, p.attentionFactor());
    Tensor[] sources =
        factors == null ? new Tensor[] {a, positions} : new Tensor[] {a, positions, factors};
    return custom(GgmlType.F32, a.dim(0), a.dim(1), a.dim(2), CustomOp.ROPE, params, sources);
  }

  /**
   * Rotates by several positions a token (M-RoPE, Wang et al. 2024): of the pairs of {@code
   * p.dimensions()} values, always of type {@link RopeParameters.Type#NEOX}, each section has its
   * own.
   *
   * @param positions i32 [4 * tokens]: the first position of each token, then the second, ...
   * @param sections pairs of each of the four positions; at most as many as a head has values
   * @param isInterleaved whether pair i belongs to position i modulo 3 (Qwen3-VL)
   */
  public Tensor ropeMulti(
      Tensor a,
      Tensor positions,
      @Nullable Tensor factors,
      RopeParameters p,
      int[] sections,
      boolean isInterleaved) {
    check(a, positions, factors, p, SECTIONS);
    long pairs = 0;
    boolean isValid = sections.length == SECTIONS && p.type() == RopeParameters.Type.NEOX;
    for (int section : sections) {
      isValid &= section >= 0;
      pairs += section;
    }
    Shapes.check(
        isValid && pairs <= a.dim(0) && pairs > sections[SECTIONS - 1], "ropeMulti: sections", a);
    try (Arena arena = Arena.ofConfined()) {
      return wrap(
          Ggml_h.ggml_rope_multi(
              ctx(3),
              a.struct(),
              positions.struct(),
              structOrNull(factors),
              p.dimensions(),
              arena.allocateFrom(ValueLayout.JAVA_INT, sections),
              isInterleaved ? Ggml_h.GGML_ROPE_TYPE_IMROPE() : Ggml_h.GGML_ROPE_TYPE_MROPE(),
              p.originalContext(),
              p.freqBase(),
              p.freqScale(),
              p.extFactor(),
              p.attentionFactor(),
              p.betaFast(),
              p.betaSlow()));
    }
  }

  private static MemorySegment structOrNull(@Nullable Tensor t) {
    return t == null ? MemorySegment.NULL : t.struct();
  }

  private static void check(
      Tensor a, Tensor positions, @Nullable Tensor factors, RopeParameters p, int perToken) {
    int dims = p.dimensions();
    boolean hasValidFactors =
        factors == null
            || (Shapes.isF32(factors) && factors.isContiguousFrom(0) && factors.dim(0) >= dims / 2);
    // the kernel copies pairs of values, rotated or not
    boolean arePairs = dims >= 2 && dims % 2 == 0 && a.dim(0) % 2 == 0;
    Shapes.check(
        Shapes.isF32Rows(a)
            && Shapes.isI32(positions)
            && positions.isContiguousFrom(0)
            && positions.dim(0) == a.dim(2) * perToken
            && positions.elements() == positions.dim(0)
            && arePairs
            && dims <= a.dim(0)
            && hasValidFactors,
        "rope",
        a,
        positions);
  }
}

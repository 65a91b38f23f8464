package dev.myelin.model.layer;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.config.LayerConfig;
import dev.myelin.model.config.MlaConfig;
import dev.myelin.model.layer.Linear.Part;
import dev.myelin.model.weights.Weights;
import dev.myelin.pass.AttentionSpec;
import dev.myelin.pass.Pass;
import dev.myelin.state.KvState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Multi-head latent attention (MLA, DeepSeek-V2, arXiv 2405.04434). Keys and values of all heads
 * are projections of one latent vector of a position; a part of each key is rotated, and is the
 * same for all heads.
 *
 * <p>Absorbed, the cache holds latent vectors: queries are projected to their space and compared
 * with them, and their weighted sum is projected to values. Expanded, it holds keys and values.
 *
 * @param q queries from the layer's input, or null if projected in two steps
 * @param qA the first step [width, queryRank], or null
 * @param qNorm between the steps, or null
 * @param qB the second step [queryRank, heads * keySize], or null
 * @param kvA the latent vector and the rotated part of the keys [width, kvRank + ropeSize]
 * @param kvNorm of the latent vector
 * @param kB absorbed: [plainSize, kvRank, heads], else null
 * @param vB absorbed: [kvRank, valueSize, heads], else null
 * @param kvB expanded: [kvRank, heads * (plainSize + valueSize)], else null
 */
public record LatentAttention(
    MlaConfig shape,
    @Nullable Linear q,
    @Nullable Linear qA,
    @Nullable Norm qNorm,
    @Nullable Linear qB,
    Linear kvA,
    Norm kvNorm,
    @Nullable HeadLinear kB,
    @Nullable HeadLinear vB,
    @Nullable Linear kvB,
    Linear output,
    Rope rope,
    KvState kv,
    AttentionSpec spec) {

  /** The projections that read the layer's input. */
  public record Latent(Tensor queries, Tensor keyValues) {}

  /** Takes {@code attn_q}, {@code attn_kv_a_mqa}, ... {@code attn_output}. */
  public static LatentAttention of(
      Weights w, long width, float epsilon, MlaConfig c, Rope rope, KvState kv, float scale) {
    boolean isDirect = c.queryRank() == 0;
    int rank = c.queryRank();
    int expanded = c.heads() * (c.plainSize() + c.valueSize());
    boolean isAbsorbed = c.isAbsorbed();
    return new LatentAttention(
        c,
        isDirect ? Linear.of(w, "attn_q", width, c.queryWidth(), Part.NO_SCALE) : null,
        isDirect ? null : Linear.of(w, "attn_q_a", width, rank, Part.NO_SCALE),
        isDirect ? null : Norm.rms(w, "attn_q_a_norm", rank, epsilon),
        isDirect ? null : Linear.of(w, "attn_q_b", rank, c.queryWidth(), Part.NO_SCALE),
        Linear.of(w, "attn_kv_a_mqa", width, c.latentSize(), Part.NO_SCALE),
        Norm.rms(w, "attn_kv_a_norm", c.kvRank(), epsilon),
        isAbsorbed ? HeadLinear.of(w, "attn_k_b", c.plainSize(), c.kvRank(), c.heads()) : null,
        isAbsorbed ? HeadLinear.of(w, "attn_v_b", c.kvRank(), c.valueSize(), c.heads()) : null,
        isAbsorbed ? null : Linear.of(w, "attn_kv_b", c.kvRank(), expanded, Part.NO_SCALE),
        Linear.of(w, "attn_output", c.outputWidth(), width),
        rope,
        kv,
        AttentionSpec.causal(scale));
  }

  /** The shape of the keys and values that the cache holds if expanded. */
  public static LayerConfig expandedShape(MlaConfig c) {
    return new LayerConfig(c.heads(), c.heads(), c.keySize(), c.valueSize(), 0);
  }

  /**
   * The first projections of the layer's input x [width, tokens]: of queries, normalised if there
   * is a second step, and of keys and values.
   */
  public Latent project(Tensor x) {
    if (q != null) {
      List<Tensor> both = Linear.ofAll(x, q, kvA);
      return new Latent(both.get(0), both.get(1));
    }
    List<Tensor> both = Linear.ofAll(x, qA, kvA);
    return new Latent(qNorm.of(both.get(0)), both.get(1));
  }

  /**
   * [width, tokens] to the same shape.
   *
   * @param temperature factors of the queries, f32 [1, 1, tokens], or null
   */
  public Tensor of(Pass pass, Tensor x, @Nullable Tensor temperature) {
    return attend(pass, project(x), temperature, null);
  }

  /**
   * The attention of projections.
   *
   * @param selected i32 [topK, tokens], the only positions that a token sees, or null for all
   */
  public Tensor attend(
      Pass pass, Latent latent, @Nullable Tensor temperature, @Nullable Tensor selected) {
    GraphBuilder g = pass.graph();
    Tensor wide = q == null ? qB.of(latent.queries()) : latent.queries();
    Tensor queries = g.reshape3d(wide, shape.keySize(), shape.heads(), wide.dim(1));
    Tensor y = latent.keyValues();
    long tokens = y.dim(1);
    Tensor rotated = rope.of(pass, columns(g, y, shape.kvRank(), shape.ropeSize(), 1));
    Tensor vectors = kvNorm.of(g.view2d(y, shape.kvRank(), tokens, y.stride(1), 0));
    AttentionSpec limited = selected == null ? spec : spec.withSelected(selected);
    return output.of(
        shape.isAbsorbed()
            ? absorbed(pass, queries, vectors, rotated, temperature, limited)
            : expanded(pass, queries, vectors, rotated, temperature, limited));
  }

  private Tensor absorbed(
      Pass pass,
      Tensor queries,
      Tensor vectors,
      Tensor rotated,
      @Nullable Tensor temperature,
      AttentionSpec limited) {
    GraphBuilder g = pass.graph();
    long tokens = vectors.dim(1);
    Tensor rotatedQueries = rope.of(pass, part(g, queries, shape.plainSize(), shape.ropeSize()));
    Tensor plain = kB.of(pass, part(g, queries, 0, shape.plainSize()));
    Tensor q = applyTemperature(g, g.concat(plain, rotatedQueries, 0), temperature);
    Tensor k = g.concat(g.reshape3d(vectors, shape.kvRank(), 1, tokens), rotated, 0);
    Tensor sums = pass.attend(kv, q, k, null, limited);
    Tensor values = vB.of(pass, g.reshape3d(sums, shape.kvRank(), shape.heads(), tokens));
    return g.reshape2d(values, shape.outputWidth(), tokens);
  }

  private Tensor expanded(
      Pass pass,
      Tensor queries,
      Tensor vectors,
      Tensor rotated,
      @Nullable Tensor temperature,
      AttentionSpec limited) {
    GraphBuilder g = pass.graph();
    long heads = shape.heads();
    Tensor both = kvB.of(vectors);
    Tensor split = g.reshape3d(both, shape.plainSize() + shape.valueSize(), heads, vectors.dim(1));
    Tensor v = part(g, split, shape.plainSize(), shape.valueSize());
    Tensor q = applyTemperature(g, rope.of(pass, queries, shape.plainSize()), temperature);
    Tensor repeated = g.repeat3d(rotated, shape.ropeSize(), heads, vectors.dim(1));
    Tensor k = g.concat(part(g, split, 0, shape.plainSize()), repeated, 0);
    return pass.attend(kv, q, k, v, limited);
  }

  private static Tensor applyTemperature(
      GraphBuilder g, Tensor queries, @Nullable Tensor temperature) {
    return temperature == null ? queries : g.multiply(queries, temperature);
  }

  /** So many columns of [n, tokens] from one on, as heads. */
  private static Tensor columns(GraphBuilder g, Tensor y, long from, long size, long heads) {
    long headBytes = size * Float.BYTES;
    return g.view3d(y, size, heads, y.dim(1), headBytes, y.stride(1), from * Float.BYTES);
  }

  /** So many values of each head from one on. */
  private static Tensor part(GraphBuilder g, Tensor heads, long from, long size) {
    return g.view3d(
        heads,
        size,
        heads.dim(1),
        heads.dim(2),
        heads.stride(1),
        heads.stride(2),
        from * Float.BYTES);
  }
}

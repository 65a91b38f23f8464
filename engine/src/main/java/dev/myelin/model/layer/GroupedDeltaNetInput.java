package dev.myelin.model.layer;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.config.SsmConfig;
import dev.myelin.model.weights.Weights;

/**
 * Projections whose outputs are in the order of the key heads: those of a key head, of its value
 * heads, their gates.
 *
 * @param qkvz for each key head its q, k, values and gates, as older files have it; or null
 * @param qkv [width, channels], null if qkvz is present
 * @param z [width, heads * size], null if qkvz is present
 * @param betaAlpha for each key head the betas and the alphas of its heads, [width, 2 * heads]
 */
public record GroupedDeltaNetInput(
    Linear qkvz, Linear qkv, Linear z, Linear betaAlpha, SsmConfig shape) implements DeltaNetInput {

  /** Takes {@code ssm_ba}, and {@code attn_qkv} and {@code attn_gate} or else {@code ssm_in}. */
  public static GroupedDeltaNetInput of(Weights w, long width, SsmConfig shape) {
    Linear betaAlpha = linear(w, "ssm_ba", width, 2L * shape.heads());
    if (!w.has("attn_qkv.weight")) {
      Linear qkvz = linear(w, "ssm_in", width, (long) shape.channels() + shape.inner());
      return new GroupedDeltaNetInput(qkvz, null, null, betaAlpha, shape);
    }
    w.ignore("ssm_in.weight", "a fused copy of ssm matrices");
    Linear qkv = linear(w, "attn_qkv", width, shape.channels());
    Linear z = linear(w, "attn_gate", width, shape.inner());
    return new GroupedDeltaNetInput(null, qkv, z, betaAlpha, shape);
  }

  private static Linear linear(Weights w, String name, long in, long out) {
    return Linear.of(w, name, in, out, Linear.Part.NO_SCALE);
  }

  @Override
  public boolean isGroupedByKey() {
    return true;
  }

  @Override
  public Projections of(Tensor x) {
    long perKey = shape.heads() / shape.groups();
    if (qkvz == null) {
      var all = Linear.ofAll(x, qkv, z, betaAlpha);
      Tensor ba = all.get(2);
      return new Projections(all.get(0), all.get(1), part(ba, 0, perKey), part(ba, perKey, perKey));
    }
    GraphBuilder g = x.graph();
    var all = Linear.ofAll(x, qkvz, betaAlpha);
    Tensor mixed = all.get(0);
    Tensor ba = all.get(1);
    long size = shape.headSize();
    long values = perKey * size;
    Tensor q = part(mixed, 0, size);
    Tensor k = part(mixed, size, size);
    Tensor v = part(mixed, 2 * size, values);
    return new Projections(
        g.concat(g.concat(q, k, 0), v, 0),
        part(mixed, 2 * size + values, values),
        part(ba, 0, perKey),
        part(ba, perKey, perKey));
  }

  /** Values {@code first} and on of each key head's, as a matrix [keyHeads * count, tokens]. */
  private Tensor part(Tensor y, long first, long count) {
    GraphBuilder g = y.graph();
    long groups = shape.groups();
    long stride = y.dim(0) / groups * Float.BYTES;
    Tensor view = g.view3d(y, count, groups, y.dim(1), stride, y.stride(1), first * Float.BYTES);
    return g.reshape2d(g.contiguous(view), groups * count, y.dim(1));
  }
}

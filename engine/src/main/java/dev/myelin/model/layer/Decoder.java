package dev.myelin.model.layer;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.build.Network;
import dev.myelin.pass.ForwardPass;
import java.util.List;

/**
 * A decoder-only transformer with pre-norm layers (Radford et al. 2019).
 *
 * @param positionEmbedding [width, positions] if positions are learned, else null
 * @param output [width, vocabulary]; the token embedding if they are tied
 */
public record Decoder(
    Embedding tokenEmbedding,
    Tensor positionEmbedding,
    List<Layer> layers,
    Norm norm,
    Linear output)
    implements Network {

  /** A layer: attention, then a feed-forward network, each added to the residual stream. */
  public record Layer(Norm attnNorm, Attention attention, Norm ffnNorm, FeedForward ffn) {}

  @Override
  public Tensor logits(ForwardPass pass) {
    GraphBuilder g = pass.graph();
    Tensor x = tokenEmbedding.apply(g, pass.tokens()).named("inp_embd");
    if (positionEmbedding != null) {
      x = g.add(x, g.getRows(positionEmbedding, pass.positions()));
    }
    int last = layers.size() - 1;
    for (int i = 0; i <= last; i++) {
      x = layer(pass, i, x, i == last);
    }
    Tensor logits = output.apply(g, pass.applyLossMask(norm.apply(g, x)));
    return (output.bias() == null ? logits : pass.applyLossMask(logits)).named("result_output");
  }

  private Tensor layer(ForwardPass pass, int index, Tensor x, boolean isLast) {
    GraphBuilder g = pass.graph();
    Layer layer = layers.get(index);
    Tensor attnOut = layer.attention().apply(pass, index, layer.attnNorm().apply(g, x));
    if (isLast) {
      attnOut = pass.selectOutputs(attnOut);
      x = pass.selectOutputs(x);
    }
    Tensor ffnInp = g.add(attnOut, x).named("ffn_inp-" + index);
    Tensor ffnOut = layer.ffn().apply(g, layer.ffnNorm().apply(g, ffnInp));
    return g.add(ffnOut, ffnInp).named("l_out-" + index);
  }
}

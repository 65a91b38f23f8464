package dev.myelin.model.layer;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.build.Network;
import dev.myelin.pass.ForwardPass;
import java.util.List;

/**
 * A decoder-only transformer whose layers norm their input first (Radford et al. 2019).
 *
 * @param positionEmbedding [width, positions] where positions are learned, else null
 * @param output [width, vocabulary], the token embedding's matrix where they are tied
 */
public record Decoder(
    Embedding tokenEmbedding,
    Tensor positionEmbedding,
    List<Layer> layers,
    Norm norm,
    Linear output)
    implements Network {

  /** A layer adds attention, then a feed-forward network, to the residual stream. */
  public record Layer(Norm attentionNorm, Attention attention, Norm feedNorm, FeedForward feed) {}

  @Override
  public Tensor logits(ForwardPass pass) {
    GraphBuilder g = pass.graph();
    Tensor x = tokenEmbedding.apply(g, pass.tokens()).named("embedding");
    if (positionEmbedding != null) {
      x = g.add(x, g.getRows(positionEmbedding, pass.positions()));
    }
    int last = layers.size() - 1;
    for (int i = 0; i <= last; i++) {
      x = layer(pass, i, x, i == last);
    }
    Tensor logits = output.apply(g, pass.learnable(norm.apply(g, x)));
    return (output.bias() == null ? logits : pass.learnable(logits)).named("logits");
  }

  private Tensor layer(ForwardPass pass, int index, Tensor x, boolean last) {
    GraphBuilder g = pass.graph();
    Layer layer = layers.get(index);
    Tensor attended = layer.attention().apply(pass, index, layer.attentionNorm().apply(g, x));
    if (last) {
      attended = pass.selectOutputs(attended);
      x = pass.selectOutputs(x);
    }
    Tensor middle = g.add(attended, x).named("middle-" + index);
    Tensor fed = layer.feed().apply(g, layer.feedNorm().apply(g, middle));
    return g.add(fed, middle).named("layer-" + index);
  }
}

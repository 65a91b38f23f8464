package dev.myelin.train;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.graph.TrainingBuilder;
import dev.myelin.pass.ForwardPass;

/** A forward pass over whole windows of text: no cache, every position an output. */
public final class TrainingPass implements ForwardPass {
  private final TrainingBuilder graph;
  private final BatchInputs inputs;
  private final boolean masked;

  /**
   * @param masked whether some positions are only read
   */
  TrainingPass(TrainingBuilder graph, BatchInputs inputs, boolean masked) {
    this.graph = graph;
    this.inputs = inputs;
    this.masked = masked;
  }

  TrainingPass(TrainingBuilder graph, BatchInputs inputs) {
    this(graph, inputs, false);
  }

  @Override
  public GraphBuilder graph() {
    return graph;
  }

  @Override
  public int contextLength() {
    return inputs.shape().context();
  }

  @Override
  public Tensor tokens() {
    return inputs.tokens();
  }

  @Override
  public Tensor positions() {
    return inputs.positions();
  }

  @Override
  public Tensor selectOutputs(Tensor x) {
    return x;
  }

  /**
   * Sets what is only read to 0, so that no derivative of its logits reaches a weight. Before the
   * output matrix, where this costs least; after it once more where that has a bias.
   */
  @Override
  public Tensor learnable(Tensor x) {
    return masked ? graph.multiply(x, inputs.learned()) : x;
  }

  /**
   * Attention written out, since ggml knows no derivative of its fused one. The query heads that
   * share a key head count as further positions of it: so every product has matrices of its own,
   * and none is repeated.
   */
  @Override
  public Tensor attend(int layer, Tensor q, Tensor k, Tensor v, float scale) {
    long headSize = q.dim(0);
    long heads = q.dim(1);
    long kvHeads = k.dim(1);
    long context = inputs.shape().context();
    long sequences = inputs.shape().sequences();
    long shared = context * (heads / kvHeads);

    Tensor queries = graph.contiguous(graph.permute(split(q), 0, 2, 1, 3));
    queries = graph.reshape4d(queries, headSize, shared, kvHeads, sequences);
    Tensor keys = graph.contiguous(graph.permute(split(k), 0, 2, 1, 3));
    Tensor values = graph.contiguous(graph.permute(split(v), 1, 2, 0, 3));

    Tensor scores = graph.matmul(keys, queries);
    scores = graph.reshape4d(scores, context, context, heads, sequences);
    Tensor weights = graph.softmax(scores, inputs.mask(), scale);
    weights = graph.reshape4d(weights, context, shared, kvHeads, sequences);
    Tensor mixed = graph.matmul(values, weights);
    mixed = graph.reshape4d(mixed, headSize, context, heads, sequences);
    Tensor joined = graph.contiguous(graph.permute(mixed, 0, 2, 1, 3));
    return graph.reshape2d(joined, headSize * heads, context * sequences);
  }

  /** [headSize, heads, tokens] to [headSize, heads, context, sequences]. */
  private Tensor split(Tensor t) {
    Tensor whole = t.isContiguous() ? t : graph.contiguous(t);
    BatchShape shape = inputs.shape();
    return graph.reshape4d(whole, t.dim(0), t.dim(1), shape.context(), shape.sequences());
  }
}

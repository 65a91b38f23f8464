package dev.myelin.train;

import dev.myelin.error.MyelinException;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.graph.TrainingBuilder;
import dev.myelin.pass.AttentionSpec;
import dev.myelin.pass.Output;
import dev.myelin.pass.Pass;
import dev.myelin.pass.SegmentGroup;
import dev.myelin.pass.Temperature;
import dev.myelin.state.KvState;
import dev.myelin.state.RecurrentState;
import java.util.List;

/**
 * The forward pass of training: whole windows without a KV cache, and outputs at every position.
 * Confined to one thread at a time.
 */
public final class TrainingPass implements Pass {
  private final TrainingBuilder graph;
  private final BatchInputs inputs;
  private final Tensor tokens;
  private final boolean masked;
  private Tensor logits;

  /**
   * @param masked whether some positions are excluded from the loss
   */
  TrainingPass(TrainingBuilder graph, BatchInputs inputs, boolean masked) {
    this.graph = graph;
    this.inputs = inputs;
    this.tokens = graph.read(inputs.tokens());
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
    return tokens;
  }

  @Override
  public Tensor positions() {
    return inputs.positions();
  }

  @Override
  public Tensor keep(Tensor x) {
    return x;
  }

  /**
   * Sets positions that are excluded from the loss to 0, so that they have no gradient. Applied
   * before the output matrix, where it costs least, and again after it if it has a bias.
   */
  @Override
  public Tensor applyLossMask(Tensor x) {
    return masked ? graph.multiply(x, inputs.lossMask()) : x;
  }

  /**
   * Attention from single operations, because ggml's fused attention has no derivative. The query
   * heads that share a KV head are treated as additional positions, so that no matrix is repeated.
   */
  @Override
  public Tensor attend(KvState state, Tensor q, Tensor k, Tensor v, AttentionSpec spec) {
    if (!spec.isPlain() || state.window().isPresent()) {
      throw noDerivative("attention to later tokens, or with a window, a bias or a soft-cap");
    }
    if (v == null) {
      throw noDerivative("attention to latent vectors");
    }
    long headSize = q.dim(0);
    long valueSize = v.dim(0);
    long heads = q.dim(1);
    long kvHeads = k.dim(1);
    long context = inputs.shape().context();
    long sequences = inputs.shape().sequences();
    long queriesPerKvHead = context * (heads / kvHeads);

    Tensor queries = graph.contiguous(graph.permute(splitSequences(q), 0, 2, 1, 3));
    queries = graph.reshape4d(queries, headSize, queriesPerKvHead, kvHeads, sequences);
    Tensor keys = graph.contiguous(graph.permute(splitSequences(k), 0, 2, 1, 3));
    Tensor values = graph.contiguous(graph.permute(splitSequences(v), 1, 2, 0, 3));

    Tensor scores = graph.matmul(keys, queries);
    scores = graph.reshape4d(scores, context, context, heads, sequences);
    Tensor weights = graph.softmax(scores, inputs.mask(), spec.scale());
    weights = graph.reshape4d(weights, context, queriesPerKvHead, kvHeads, sequences);
    Tensor output = graph.matmul(values, weights);
    output = graph.reshape4d(output, valueSize, context, heads, sequences);
    Tensor merged = graph.contiguous(graph.permute(output, 0, 2, 1, 3));
    return graph.reshape2d(merged, valueSize * heads, context * sequences);
  }

  @Override
  public Tensor attend(KvState state, Tensor q, AttentionSpec spec) {
    throw noDerivative("attention to the keys of another layer");
  }

  @Override
  public void store(KvState state, Tensor k, Tensor v) {
    throw noDerivative("attention to the keys of another layer");
  }

  @Override
  public Tensor select(KvState keys, Tensor q, Tensor weights, int topK) {
    throw noDerivative("attention to selected positions");
  }

  @Override
  public List<SegmentGroup> groups() {
    throw noDerivative("a recurrent layer");
  }

  @Override
  public Tensor read(RecurrentState state, SegmentGroup group) {
    throw noDerivative("a recurrent layer");
  }

  @Override
  public Tensor slots(RecurrentState state) {
    throw noDerivative("a recurrent layer");
  }

  @Override
  public void write(RecurrentState state, Tensor value, SegmentGroup group) {
    throw noDerivative("a recurrent layer");
  }

  @Override
  public Tensor heads(int heads) {
    throw noDerivative("a matrix for each head");
  }

  @Override
  public Tensor temperature(Temperature temperature) {
    throw noDerivative("a temperature of attention");
  }

  private static MyelinException noDerivative(String what) {
    return new MyelinException("training: no derivative of " + what);
  }

  @Override
  public boolean wants(Output output) {
    return output.equals(Output.LOGITS);
  }

  @Override
  public void emit(Output output, Tensor value) {
    if (output.equals(Output.LOGITS)) {
      logits = value;
    }
  }

  /** The logits that the network emitted. */
  Tensor logits() {
    return logits;
  }

  /** [headSize, heads, tokens] to [headSize, heads, context, sequences]. */
  private Tensor splitSequences(Tensor t) {
    Tensor contiguous = t.isContiguous() ? t : graph.contiguous(t);
    BatchShape shape = inputs.shape();
    return graph.reshape4d(contiguous, t.dim(0), t.dim(1), shape.context(), shape.sequences());
  }
}

package dev.myelin.model.architecture;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.RopeParameters;
import dev.myelin.graph.RopeParameters.Type;
import dev.myelin.graph.Tensor;
import dev.myelin.model.build.Architecture;
import dev.myelin.model.build.ModelBuilder;
import dev.myelin.model.build.Network;
import dev.myelin.model.build.Sample;
import dev.myelin.model.config.Config;
import dev.myelin.model.config.LayerConfig;
import dev.myelin.model.layer.AltUp;
import dev.myelin.model.layer.Embedding;
import dev.myelin.model.layer.Head;
import dev.myelin.model.layer.Laurel;
import dev.myelin.model.layer.Linear;
import dev.myelin.model.layer.Norm;
import dev.myelin.model.layer.PerLayerInputs;
import dev.myelin.model.layer.Qkv;
import dev.myelin.model.layer.Rope;
import dev.myelin.pass.AttentionSpec;
import dev.myelin.pass.Output;
import dev.myelin.pass.Pass;
import dev.myelin.state.KvState;
import java.util.ArrayList;
import java.util.List;

/**
 * Gemma 3n (Google DeepMind 2025): a residual stream of four parts (AltUp), low-rank residuals
 * (LAuReL), an input of its own for each layer, and later layers that read the keys and values of
 * layers 18 (with a window) and 19 (without).
 */
public final class Gemma3n implements Architecture {
  // constants of the reference implementation
  private static final int PARTS = 4;
  private static final int LAUREL_RANK = 64;
  private static final int LAYER_INPUT = 256;
  private static final int LAYERS_WITH_KEYS = 20;
  private static final int SPARSE_LAYERS = 10;
  private static final float LOGIT_CAP = 30;

  /** Keeps 5 % of the values of a normal distribution: its quantile of 0.95. */
  private static final float CUTOFF = 1.6448533535003662f;

  private record Layer(
      AltUp altUp,
      Laurel laurel,
      Norm attnNorm,
      Qkv qkv,
      Norm qNorm,
      Norm kNorm,
      Rope rope,
      KvState kv,
      boolean hasKeys,
      Linear attnOutput,
      Norm attnPostNorm,
      Norm ffnNorm,
      Linear gate,
      Linear up,
      Linear down,
      boolean isSparse,
      Norm ffnPostNorm,
      Linear inputGate,
      Linear inputProjection,
      Norm inputNorm) {}

  @Override
  public String title() {
    return "Gemma 3n (2025): AltUp, LAuReL, inputs of each layer, shared keys and values";
  }

  @Override
  public Network build(Config c, ModelBuilder m) {
    c.requireActivation("gelu", "gelu_pytorch_tanh");
    int width = c.width();
    float epsilon = c.rmsEpsilon();
    c.intBetween("embedding_length_per_layer_input", LAYER_INPUT, LAYER_INPUT, LAYER_INPUT);
    c.intBetween("attention.shared_kv_layers", 0, Config.MAX_LAYERS, 0);
    Embedding embedding = m.embedding("token_embd", width, c.vocabulary());
    Linear matrix = m.output(embedding);
    Head head = new Head(m.rms("output_norm", width, epsilon), matrix, LOGIT_CAP);
    Tensor project = m.weights().matrix("altup_proj.weight", width, width, PARTS - 1);
    Tensor unproject = m.weights().matrix("altup_unembd_proj.weight", width, width, PARTS - 1);
    PerLayerInputs inputs =
        PerLayerInputs.of(m.weights(), width, LAYER_INPUT, c.layers(), c.vocabulary(), epsilon);
    boolean[] isWindowed = c.windows().layers(5, false);
    List<KvState> states = new ArrayList<>();
    List<Layer> layers = m.layers(c.layers(), l -> layer(l, c, isWindowed, states, epsilon));
    AttentionSpec attention = AttentionSpec.causal(1);
    return Network.main(
        pass -> {
          GraphBuilder g = pass.graph();
          Tensor embedded = g.scale(embedding.of(pass.tokens()), (float) Math.sqrt(width));
          Tensor layerInputs = inputs.of(embedded, pass.tokens());
          Tensor x = g.concat(embedded, project(embedded, embedded, project), 2);
          for (int i = 0; i < layers.size(); i++) {
            Layer l = layers.get(i);
            Tensor predictions = l.altUp.predict(x);
            Tensor active = AltUp.active(predictions);
            Tensor normed = l.attnNorm.of(active);
            Tensor y = l.attnPostNorm.of(l.attnOutput.of(attend(pass, l, normed, attention)));
            y = g.add(g.add(y, active), l.laurel.of(normed));
            y = g.scale(y, (float) (1 / Math.sqrt(2)));
            y = g.add(l.ffnPostNorm.of(feedForward(l, l.ffnNorm.of(y))), y);
            Tensor corrected = l.altUp.correct(predictions, y);
            Tensor first = layerInput(l, corrected, inputs.layer(layerInputs, i));
            Tensor rest = g.add(AltUp.rest(corrected), first);
            x = g.concat(g.contiguous(AltUp.active(corrected)), rest, 2);
          }
          Tensor merged = AltUp.active(x);
          Tensor others = project(AltUp.rest(x), AltUp.active(x), unproject);
          for (int i = 0; i < PARTS - 1; i++) {
            merged = g.add(merged, AltUp.part(others, i));
          }
          head.emit(pass, pass.keep(g.scale(merged, 1f / PARTS)));
        },
        Output.LOGITS,
        Output.HIDDEN);
  }

  private static Layer layer(
      ModelBuilder l, Config c, boolean[] isWindowed, List<KvState> states, float epsilon) {
    LayerConfig shape = c.attentionLayer(l.layer());
    int width = c.width();
    int i = l.layer();
    int ffnWidth = c.requireFeedForward(i);
    RopeParameters rope = c.rope().whole(Type.NEOX);
    boolean hasKeys = i < LAYERS_WITH_KEYS;
    if (hasKeys) {
      states.add(l.kvState(shape, c.windows().sliding(isWindowed[i])));
    }
    return new Layer(
        AltUp.of(l.weights(), width, PARTS, epsilon),
        Laurel.of(l.weights(), width, LAUREL_RANK, epsilon),
        l.rms("attn_norm", width, epsilon),
        l.qkv(width, shape, Linear.Part.OPTIONAL_BIAS),
        l.rms("attn_q_norm", shape.keySize(), epsilon),
        l.rms("attn_k_norm", shape.keySize(), epsilon),
        Rope.of(isWindowed[i] ? c.rope().windowed(Type.NEOX, rope.dimensions()) : rope),
        states.get(hasKeys ? i : LAYERS_WITH_KEYS - (isWindowed[i] ? 2 : 1)),
        hasKeys,
        l.linear("attn_output", shape.outputWidth(), width),
        l.rms("post_attention_norm", width, epsilon),
        l.rms("ffn_norm", width, epsilon),
        l.linear("ffn_gate", width, ffnWidth),
        l.linear("ffn_up", width, ffnWidth),
        l.linear("ffn_down", ffnWidth, width),
        i < SPARSE_LAYERS,
        l.rms("post_ffw_norm", width, epsilon),
        l.linear("inp_gate", width, LAYER_INPUT),
        l.linear("proj", LAYER_INPUT, width),
        l.rms("post_norm", width, epsilon));
  }

  private static Tensor attend(Pass pass, Layer l, Tensor x, AttentionSpec attention) {
    if (!l.hasKeys) {
      Tensor q = l.rope.of(pass, l.qNorm.of(l.qkv.queries(x)));
      return pass.attend(l.kv, q, attention);
    }
    Qkv.Heads h = l.qkv.of(x);
    Tensor q = l.rope.of(pass, l.qNorm.of(h.q()));
    Tensor k = l.rope.of(pass, l.kNorm.of(h.k()));
    Tensor v = pass.graph().rmsNorm(h.v(), l.qNorm.epsilon());
    return pass.attend(l.kv, q, k, v, attention);
  }

  private static Tensor feedForward(Layer l, Tensor x) {
    GraphBuilder g = x.graph();
    List<Tensor> gateUp = Linear.ofAll(x, l.gate, l.up);
    Tensor gate = l.isSparse ? topGaussian(gateUp.get(0)) : gateUp.get(0);
    return l.down.of(g.geglu(gate, gateUp.get(1)));
  }

  /** Lets only the values through that exceed the mean by {@link #CUTOFF} standard deviations. */
  private static Tensor topGaussian(Tensor x) {
    GraphBuilder g = x.graph();
    Tensor mean = g.meanRows(x);
    Tensor squares = g.sumRows(g.square(g.subtract(x, mean)));
    Tensor deviation = g.sqrt(g.scale(squares, 1f / (x.dim(0) - 1)));
    return g.relu(g.subtract(x, g.add(mean, g.scale(deviation, CUTOFF))));
  }

  /** What a layer's own input adds to the parts that are not active: [width, tokens]. */
  private static Tensor layerInput(Layer l, Tensor corrected, Tensor input) {
    GraphBuilder g = corrected.graph();
    Tensor scaled = g.multiply(AltUp.active(corrected), l.altUp.correctScale());
    Tensor gated = g.multiply(g.gelu(l.inputGate.of(scaled)), input);
    return l.inputNorm.of(l.inputProjection.of(gated));
  }

  /**
   * Multiplies x, [width, tokens] for all parts or [width, tokens, PARTS - 1], by a matrix for each
   * part, and gives the result the magnitude of {@code like} [width, tokens].
   */
  private static Tensor project(Tensor x, Tensor like, Tensor matrices) {
    GraphBuilder g = x.graph();
    Tensor all = null;
    for (int i = 0; i < PARTS - 1; i++) {
      Tensor matrix =
          g.view2d(
              matrices,
              matrices.dim(0),
              matrices.dim(1),
              matrices.stride(1),
              i * matrices.stride(2));
      Tensor part = x.dim(2) == 1 ? x : AltUp.part(x, i);
      Tensor y = g.kernels().matmul(matrix, part);
      y = g.divide(g.multiply(y, magnitude(like)), magnitude(y));
      all = all == null ? y : g.concat(all, y, 2);
    }
    return all;
  }

  private static Tensor magnitude(Tensor x) {
    GraphBuilder g = x.graph();
    return g.sqrt(g.sumRows(g.square(x)));
  }

  @Override
  public List<Sample> samples() {
    Sample small =
        Sample.decoder("22 layers")
            .with("block_count", 22)
            .with("embedding_length", 64)
            .with("feed_forward_length", 96)
            .with("attention.head_count", 2)
            .with("attention.head_count_kv", 1)
            .with("rope.freq_base", 1e6f)
            .with("attention.sliding_window", 40)
            .withValues("altup_predict_coef.weight", 0, 0.2f)
            .withValues("altup_correct_coef.weight", 0, 0.2f)
            .withValues("post_ffw_norm.weight", 0.3f, 0.1f);
    return List.of(small, small.named("untied").withTensors("output.weight"));
  }
}

package dev.myelin.model.architecture;

import dev.myelin.graph.Tensor;
import dev.myelin.model.build.Architecture;
import dev.myelin.model.build.ModelBuilder;
import dev.myelin.model.build.Network;
import dev.myelin.model.build.Sample;
import dev.myelin.model.config.Config;
import dev.myelin.model.config.LayerConfig;
import dev.myelin.model.layer.ClassifierHead;
import dev.myelin.model.layer.Embedding;
import dev.myelin.model.layer.GeluFeedForward;
import dev.myelin.model.layer.Linear;
import dev.myelin.model.layer.Linear.Part;
import dev.myelin.model.layer.Norm;
import dev.myelin.model.layer.Qkv;
import dev.myelin.pass.AttentionSpec;
import dev.myelin.pass.Output;
import dev.myelin.pass.Pass;
import dev.myelin.state.KvState;
import dev.myelin.state.KvState.Scope;
import dev.myelin.state.Window;
import java.util.List;

/**
 * BERT (Devlin et al. 2019): an encoder with learned positions and a norm after each half of a
 * layer. Every token is of the first segment.
 */
public final class Bert implements Architecture {
  private record Layer(
      Qkv qkv,
      AttentionSpec attention,
      Linear attnOutput,
      Norm attnOutputNorm,
      GeluFeedForward ffn,
      Norm layerOutputNorm) {}

  /**
   * @param positions [width, context]
   * @param types of segments, f32 [width, types], or null
   */
  private record Input(Embedding tokens, Tensor positions, Tensor types, Norm norm) {
    Tensor of(Pass pass) {
      Tensor x = tokens.of(pass.tokens());
      if (types != null) {
        x = pass.add(x, pass.graph().view2d(types, types.dim(0), 1, types.stride(1), 0));
      }
      x = pass.add(x, pass.graph().getRows(positions, pass.positions()));
      return norm.of(x);
    }
  }

  @Override
  public String title() {
    return "BERT (Devlin et al. 2019): encoder, learned positions, post-norms";
  }

  @Override
  public Network build(Config c, ModelBuilder m) {
    c.requireActivation("gelu", "gelu_new", "gelu_pytorch_tanh");
    c.bool("attention.causal", false); // never causal, whatever the file says
    int width = c.width();
    float epsilon = c.layerNormEpsilon();
    int types = c.encoder().tokenTypes();
    Input input =
        new Input(
            m.embedding("token_embd", width, c.vocabulary()),
            m.positions("position_embd", width, c.contextLength()),
            m.has("token_types.weight")
                ? m.weights().floats("token_types.weight", width, types)
                : null,
            m.layerNorm("token_embd_norm", width, epsilon));
    ClassifierHead head = ClassifierHead.of(m.weights(), width, c.encoder().classes());
    LayerConfig shape = c.attentionLayer(0);
    KvState kv = m.kvState(shape, Window.NONE, Scope.PASS);
    List<Layer> layers = m.layers(c.layers(), l -> layer(l, c, shape, epsilon));
    Layer last = layers.getLast();
    Network.Stage stage =
        pass -> {
          Tensor x = input.of(pass);
          for (Layer l : layers) {
            pass.layerInput(x);
            Qkv.Heads h = l.qkv.of(x);
            Tensor attention = l.attnOutput.of(pass.attend(kv, h.q(), h.k(), h.v(), l.attention));
            if (l == last) {
              attention = pass.keep(attention);
              x = pass.keep(x);
            }
            x = l.attnOutputNorm.of(pass.add(attention, x));
            x = l.layerOutputNorm.of(pass.add(l.ffn.of(x), x));
          }
          pass.emit(Output.HIDDEN, x);
          if (head != null && pass.wants(Output.SCORES)) {
            pass.emit(Output.SCORES, head.of(x));
          }
        };
    return head == null
        ? Network.main(layers.size(), stage, Output.HIDDEN)
        : Network.main(layers.size(), stage, Output.HIDDEN, Output.SCORES);
  }

  private static Layer layer(ModelBuilder l, Config c, LayerConfig shape, float epsilon) {
    LayerConfig own = c.attentionLayer(l.layer());
    if (own.heads() != shape.heads() || own.kvHeads() != shape.kvHeads()) {
      throw c.error("attention.head_count", "the same number of heads in all layers");
    }
    int width = c.width();
    int ffnWidth = c.requireFeedForward(l.layer());
    return new Layer(
        l.qkv(width, shape, Part.OPTIONAL_BIAS).withOutliers(), // as post-norms leave them
        AttentionSpec.bidirectional(shape.attentionScale()),
        l.linear("attn_output", shape.queryWidth(), width, Part.OPTIONAL_BIAS),
        l.layerNorm("attn_output_norm", width, epsilon),
        GeluFeedForward.of(l.weights(), width, ffnWidth, Part.OPTIONAL_BIAS, Part.NO_SCALE),
        l.layerNorm("layer_output_norm", width, epsilon));
  }

  @Override
  public List<Sample> samples() {
    Sample plain =
        Sample.of("plain")
            .with("block_count", 3)
            .with("embedding_length", 128)
            .with("context_length", 512)
            .with("feed_forward_length", 256)
            .with("attention.head_count", 4)
            .with("attention.layer_norm_epsilon", 1e-12f)
            .with("attention.causal", false)
            .with("tokenizer.ggml.token_type_count", 2)
            .with("vocab_size", 320);
    Sample biases =
        plain
            .named("biases")
            .withTensors("token_types.weight", ".attn_output.bias", ".ffn_up.bias")
            .withTensors(".attn_q.bias", ".attn_k.bias", ".attn_v.bias", ".ffn_down.bias");
    return List.of(
        plain,
        biases,
        biases
            .named("fused, grouped")
            .with("attention.head_count_kv", 2)
            .withTensors(".attn_qkv.weight", ".attn_qkv.bias"),
        biases
            .named("classifier")
            .with("classifier.output_labels", new String[] {"a", "b", "c"})
            .withTensors("cls.weight", "cls.bias", "cls.output.weight", "cls.output.bias"),
        plain.named("one score").withTensors("cls.output.weight"),
        plain.named("dense score").withTensors("cls.weight"));
  }
}

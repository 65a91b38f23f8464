package dev.myelin.model.architecture;

import dev.myelin.graph.RopeParameters;
import dev.myelin.graph.Tensor;
import dev.myelin.model.build.Architecture;
import dev.myelin.model.build.ModelBuilder;
import dev.myelin.model.build.Network;
import dev.myelin.model.build.Sample;
import dev.myelin.model.config.Config;
import dev.myelin.model.config.LayerConfig;
import dev.myelin.model.config.SsmConfig;
import dev.myelin.model.layer.Embedding;
import dev.myelin.model.layer.Head;
import dev.myelin.model.layer.Linear;
import dev.myelin.model.layer.Linear.Part;
import dev.myelin.model.layer.Mamba2Mixer;
import dev.myelin.model.layer.Norm;
import dev.myelin.model.layer.Qkv;
import dev.myelin.model.layer.Rope;
import dev.myelin.model.layer.SwiGlu;
import dev.myelin.model.weights.Weights;
import dev.myelin.pass.AttentionSpec;
import dev.myelin.pass.Output;
import dev.myelin.state.KvState;
import java.util.List;

/**
 * Falcon-H1 (Zuo et al. 2025): in each layer attention and a Mamba-2 mixer read the same input, and
 * their outputs are added.
 */
public final class FalconH1 implements Architecture {
  private record Layer(
      Norm attnNorm,
      Qkv qkv,
      KvState kv,
      AttentionSpec attention,
      Linear attnOutput,
      Mamba2Mixer mixer,
      Norm ffnNorm,
      SwiGlu ffn) {}

  @Override
  public String title() {
    return "Falcon-H1 (Zuo et al. 2025): attention and Mamba-2 side by side";
  }

  @Override
  public Network build(Config c, ModelBuilder m) {
    c.requireActivation("silu", "swish", "swiglu");
    int width = c.width();
    float epsilon = c.rmsEpsilon();
    SsmConfig ssm = c.ssm();
    int headSize = c.attentionLayer(0).keySize();
    Rope rope = Rope.of(c.rope().partial(RopeParameters.Type.NEOX, headSize));
    m.weights().ignore("rope_freqs.weight", "frequencies that follow from the base");
    Embedding embedding = m.embedding("token_embd", width, c.vocabulary());
    Head head = new Head(m.rms("output_norm", width, epsilon), m.output(embedding));
    List<Layer> layers = m.layers(c.layers(), l -> layer(l, c, ssm, epsilon));
    Layer last = layers.getLast();
    return Network.main(
        layers.size(),
        pass -> {
          Tensor x = embedding.of(pass.tokens());
          for (Layer l : layers) {
            pass.layerInput(x);
            Tensor input = l.attnNorm.of(x);
            Qkv.Heads h = l.qkv.of(input);
            Tensor q = rope.of(pass, h.q());
            Tensor k = rope.of(pass, h.k());
            Tensor attention = l.attnOutput.of(pass.attend(l.kv, q, k, h.v(), l.attention));
            Tensor mixed = pass.add(attention, l.mixer.of(pass, input));
            if (l == last) {
              mixed = pass.keep(mixed);
              x = pass.keep(x);
            }
            x = pass.add(mixed, x);
            x = pass.add(l.ffn.of(l.ffnNorm.of(x)), x);
          }
          head.emit(pass, x);
        },
        Output.LOGITS,
        Output.HIDDEN);
  }

  private static Layer layer(ModelBuilder l, Config c, SsmConfig ssm, float epsilon) {
    int width = c.width();
    Weights w = l.weights();
    LayerConfig shape = c.attentionLayer(l.layer());
    w.ignore("attn_output.bias", "a bias that the reference implementation skips");
    return new Layer(
        l.rms("attn_norm", width, epsilon),
        l.qkv(width, shape, Part.OPTIONAL_BIAS),
        l.kvState(shape),
        AttentionSpec.causal(shape.attentionScale()),
        l.linear("attn_output", shape.queryWidth(), width),
        mixer(l, width, ssm, epsilon),
        new Norm(w.vector("ffn_norm", width), null, epsilon), // a name without ".weight"
        l.swiglu(width, c.requireFeedForward(l.layer()), Part.OPTIONAL_BIAS, Part.NO_SCALE));
  }

  private static Mamba2Mixer mixer(ModelBuilder l, int width, SsmConfig shape, float epsilon) {
    Weights w = l.weights();
    Norm norm = w.has("ssm_norm.weight") ? Mamba2Mixer.groupNorm(w, shape, epsilon) : null;
    return Mamba2Mixer.of(
        w,
        width,
        shape,
        norm,
        l.recurrentState(shape.convolutionElements()),
        l.recurrentState(shape.stateElements()));
  }

  @Override
  public List<Sample> samples() {
    Sample plain =
        Sample.decoder("tied, no norm")
            .with("embedding_length", 128)
            .with("feed_forward_length", 256)
            .with("attention.head_count", 4)
            .with("attention.key_length", 64)
            .with("attention.value_length", 64)
            .with("rope.dimension_count", 64)
            .with("rope.freq_base", 1e6f)
            .with("ssm.conv_kernel", 4)
            .with("ssm.inner_size", 192)
            .with("ssm.state_size", 32)
            .with("ssm.time_step_rank", 6)
            .with("ssm.group_count", 1)
            .withValues(".ssm_a", -1, 0.3f);
    Sample untied = plain.named("untied, norm, groups").withTensors("output.weight");
    return List.of(
        plain,
        untied.with("ssm.group_count", 2).withTensors(".ssm_norm.weight"),
        plain
            .named("biases")
            .with("rope.dimension_count", 32)
            .withTensors(".attn_q.bias", ".attn_k.bias", ".attn_v.bias")
            .withTensors(".ffn_gate.bias", ".ffn_up.bias", ".ffn_down.bias"));
  }
}

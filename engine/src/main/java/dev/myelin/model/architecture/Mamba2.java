package dev.myelin.model.architecture;

import dev.myelin.graph.Tensor;
import dev.myelin.model.build.Architecture;
import dev.myelin.model.build.ModelBuilder;
import dev.myelin.model.build.Network;
import dev.myelin.model.build.Sample;
import dev.myelin.model.config.Config;
import dev.myelin.model.config.SsmConfig;
import dev.myelin.model.layer.Embedding;
import dev.myelin.model.layer.Head;
import dev.myelin.model.layer.Mamba2Mixer;
import dev.myelin.model.layer.Norm;
import dev.myelin.model.weights.Weights;
import dev.myelin.pass.Output;
import java.util.List;

/** Mamba-2 (Dao and Gu 2024): state space mixers only, without attention or feed-forward. */
public final class Mamba2 implements Architecture {
  private record Layer(Norm norm, Mamba2Mixer mixer) {}

  @Override
  public String title() {
    return "Mamba-2 (Dao and Gu 2024): recurrent layers only";
  }

  @Override
  public Network build(Config c, ModelBuilder m) {
    int width = c.width();
    float epsilon = c.rmsEpsilon();
    SsmConfig shape = c.ssm();
    Embedding embedding = m.embedding("token_embd", width, c.vocabulary());
    Head head = new Head(m.rms("output_norm", width, epsilon), m.output(embedding));
    List<Layer> layers =
        m.layers(
            c.layers(),
            l -> new Layer(l.rms("attn_norm", width, epsilon), mixer(l, width, shape, epsilon)));
    Layer last = layers.getLast();
    return Network.main(
        layers.size(),
        pass -> {
          Tensor x = embedding.of(pass.tokens());
          for (Layer l : layers) {
            pass.layerInput(x);
            Tensor y = l.mixer.of(pass, l.norm.of(x));
            if (l == last) {
              y = pass.keep(y);
              x = pass.keep(x);
            }
            x = pass.add(y, x);
          }
          head.emit(pass, x);
        },
        Output.LOGITS,
        Output.HIDDEN);
  }

  private static Mamba2Mixer mixer(ModelBuilder l, int width, SsmConfig shape, float epsilon) {
    Weights w = l.weights();
    Norm norm = Mamba2Mixer.groupNorm(w, shape, epsilon);
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
    Sample tied =
        Sample.of("tied, one group")
            .with("block_count", 3)
            .with("embedding_length", 128)
            .with("context_length", 512)
            .with("feed_forward_length", 0)
            .with("attention.head_count", 0)
            .with("attention.layer_norm_rms_epsilon", 1e-5f)
            .with("ssm.conv_kernel", 4)
            .with("ssm.inner_size", 256)
            .with("ssm.state_size", 32)
            .with("ssm.time_step_rank", 8)
            .with("ssm.group_count", 1)
            .with("vocab_size", 320)
            .withValues(".ssm_a", -1, 0.3f);
    return List.of(
        tied,
        tied.named("untied, groups")
            .with("ssm.group_count", 4)
            .with("ssm.state_size", 24)
            .with("ssm.conv_kernel", 3)
            .withTensors("output.weight"));
  }
}

package dev.myelin.sampling;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The registry of stages, in the order in which they run (llama.cpp's default order). */
final class SamplerChain {
  /** Creates a stage from the options; empty if they disable it. */
  @FunctionalInterface
  private interface Factory {
    Optional<SamplerStage> of(SamplingOptions options, TokenHistory history);
  }

  private static final List<Factory> STAGES =
      List.of(
          Penalties::of, TopNSigma::of, TopK::of, Typical::of, TopP::of, MinP::of, Temperature::of);

  private SamplerChain() {}

  static List<SamplerStage> of(SamplingOptions options, TokenHistory history) {
    List<SamplerStage> chain = new ArrayList<>();
    for (Factory factory : STAGES) {
      factory
          .of(options, history)
          .filter(stage -> !(options.isGreedy() && stage.isArgmaxInvariant()))
          .ifPresent(chain::add);
    }
    return List.copyOf(chain);
  }
}

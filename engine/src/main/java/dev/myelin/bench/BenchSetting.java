package dev.myelin.bench;

import dev.myelin.bindings.GgmlBuild;
import dev.myelin.bindings.KernelsLibrary;
import dev.myelin.generate.SessionOptions;
import dev.myelin.graph.Ggml;

/**
 * What all results of a run have in common.
 *
 * @param cpu the processor's name
 * @param ggml the build in use
 * @param options threads, batch and cache type, with nothing left open
 */
public record BenchSetting(ModelFacts model, String cpu, GgmlBuild ggml, SessionOptions options) {
  public static BenchSetting of(ModelFacts model, SessionOptions options) {
    return new BenchSetting(model, KernelsLibrary.cpuName(), Ggml.require(), options);
  }
}

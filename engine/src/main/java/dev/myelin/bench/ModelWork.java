package dev.myelin.bench;

import dev.myelin.adapter.Adapter;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.inspect.Component;
import dev.myelin.inspect.InspectedTensor;
import dev.myelin.inspect.InspectedTensor.Access;
import dev.myelin.inspect.Inspection;
import dev.myelin.inspect.ModelShape;
import dev.myelin.state.CacheType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The least that any engine has to do for a token: weights that are read and multiplied, only those
 * of the experts used, and the KV cache that is read. Multiply-adds of attention do not count.
 *
 * @param bytes bytes of weights read per token, one row of an embedding
 * @param cacheBytes bytes of the KV cache per earlier position
 * @param layers operations per token
 * @param output operations of the output matrix per position whose logits are computed
 */
record ModelWork(double bytes, double cacheBytes, Operations layers, Operations output) {

  /**
   * Operations of matmuls, two per multiply-add.
   *
   * @param int8 with quantised weights
   * @param f32 with weights in f32, f16 and bf16
   */
  record Operations(double int8, double f32) {
    static final Operations NONE = new Operations(0, 0);

    static Operations of(TensorInfo weights, double share) {
      double operations = 2.0 * weights.elements() * share;
      return weights.type().isQuantized()
          ? new Operations(operations, 0)
          : new Operations(0, operations);
    }

    Operations plus(Operations other) {
      return new Operations(int8 + other.int8, f32 + other.f32);
    }

    Operations times(double factor) {
      return new Operations(int8 * factor, f32 * factor);
    }
  }

  private static final String EMBEDDING = "token_embd.weight";

  static ModelWork of(Inspection model, List<Adapter> adapters, CacheType cacheType) {
    Operations layers = Operations.NONE;
    Operations output = Operations.NONE;
    boolean tied = model.tokenCost().tied() > 0;
    for (InspectedTensor tensor : model.tensors()) {
      Operations operations = Operations.of(tensor.info(), share(tensor, model.shape().experts()));
      if (isOutput(tensor) || tied && tensor.info().name().equals(EMBEDDING)) {
        output = output.plus(operations);
      } else if (tensor.isMatmul()) {
        layers = layers.plus(operations);
      }
    }
    long cacheBytes = model.cache().map(c -> c.bytes().getOrDefault(cacheType, 0L)).orElse(0L);
    ModelWork work = new ModelWork(model.tokenCost().bytes(), cacheBytes, layers, output);
    for (Adapter adapter : adapters) {
      if (adapter.scale() != 0) { // is not computed
        work = work.plus(adapter, model);
      }
    }
    return work;
  }

  private static boolean isOutput(InspectedTensor tensor) {
    return tensor.component() == Component.OUTPUT && tensor.isMatmul();
  }

  /** The share of a tensor that is multiplied for a token. */
  private static double share(InspectedTensor tensor, ModelShape.Experts experts) {
    boolean isSelected = tensor.access() == Access.SELECTED_EXPERTS;
    return isSelected && experts.used() < experts.count()
        ? (double) experts.used() / experts.count()
        : 1;
  }

  private ModelWork plus(Adapter adapter, Inspection model) {
    Map<String, InspectedTensor> weights = new HashMap<>();
    model.tensors().forEach(tensor -> weights.put(tensor.info().name(), tensor));
    ModelWork sum = this;
    try (GgufFile file = Checkpoint.of(adapter.file()).open()) {
      for (TensorInfo tensor : file.tensors()) {
        int end = tensor.name().lastIndexOf(".lora_");
        InspectedTensor weight = end < 0 ? null : weights.get(tensor.name().substring(0, end));
        if (weight != null) {
          boolean isA = tensor.name().endsWith("a");
          sum = sum.plus(tensor, isA, weight, model.shape().experts());
        }
      }
    }
    return sum;
  }

  /** Adds a tensor of a low-rank update, A or B. */
  private ModelWork plus(
      TensorInfo tensor, boolean isA, InspectedTensor weight, ModelShape.Experts experts) {
    if (isA && weight.access() == Access.ONE_ROW) {
      double row = (double) tensor.bytes() / tensor.dim(1);
      return new ModelWork(bytes + row, cacheBytes, layers, output);
    }
    double share = share(weight, experts);
    Operations added = Operations.of(tensor, share);
    boolean isOutput = isOutput(weight);
    return new ModelWork(
        bytes + tensor.bytes() * share,
        cacheBytes,
        isOutput ? layers : layers.plus(added),
        isOutput ? output.plus(added) : output);
  }

  /** Bytes read per generated token, averaged over a test. */
  double bytesPerToken(BenchSpec test) {
    double positions = test.depth() + test.prompt() + (test.generated() + 1) / 2.0;
    return bytes + positions * cacheBytes;
  }

  /** Operations per token of the prompt, averaged over it: only the last one has logits. */
  Operations operationsPerToken(BenchSpec test) {
    return layers.plus(output.times(1.0 / Math.max(1, test.prompt())));
  }

  /**
   * The shortest time of a test within the machine's limits, in seconds: the prompt at the peak of
   * operations, generation at the bandwidth of memory.
   */
  double seconds(BenchSpec test, MachineLimits limits) {
    double seconds = 0;
    if (test.prompt() > 0) {
      Operations perToken = operationsPerToken(test);
      seconds += test.prompt() * time(perToken.int8, limits.int8Ops());
      seconds += test.prompt() * time(perToken.f32, limits.f32Ops());
    }
    if (test.generated() > 0) {
      seconds += test.generated() * time(bytesPerToken(test), limits.bandwidth());
    }
    return seconds;
  }

  private static double time(double work, double perSecond) {
    return work == 0 ? 0 : work / perSecond;
  }
}

package dev.myelin.evaluate;

import dev.myelin.bindings.peer.LlamaContext;
import dev.myelin.bindings.peer.LlamaContext.FlashAttention;
import dev.myelin.bindings.peer.LlamaModel;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;
import dev.myelin.state.CacheType;
import dev.myelin.testing.Logits;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Perplexity and KL divergence computed directly from libllama's logits: F32 cache, no flash
 * attention, all logits in memory.
 */
final class ReferenceStatistics {
  private ReferenceStatistics() {}

  /**
   * @param rows logits of each prediction
   * @param tokens target tokens
   */
  record Predictions(List<float[]> rows, List<Integer> tokens) {
    double[] losses() {
      double[] losses = new double[rows.size()];
      for (int i = 0; i < losses.length; i++) {
        losses[i] = -logSoftmax(rows.get(i))[tokens.get(i)];
      }
      return losses;
    }
  }

  /**
   * Predictions of libllama for chunks of {@code context} tokens, of which the second half is
   * predicted.
   */
  static Predictions chunks(Path file, int[] tokens, int context, int bos) {
    List<float[]> rows = new ArrayList<>();
    List<Integer> predicted = new ArrayList<>();
    try (LlamaModel model = LlamaModel.load(file, LlamaModel.Options.NO_REPACK);
        LlamaContext peer = model.createContext(options(context))) {
      for (int chunk = 0; chunk < tokens.length / context; chunk++) {
        int[] ids = Arrays.copyOfRange(tokens, chunk * context, (chunk + 1) * context);
        int[] inputs = ids.clone();
        if (bos >= 0) {
          inputs[0] = bos;
        }
        peer.clear();
        peer.feedAll(
            inputs,
            (position, logits) -> {
              if (position >= context / 2 && position < context - 1) {
                rows.add(Logits.copy(logits));
                predicted.add(ids[position + 1]);
              }
            });
      }
    }
    return new Predictions(rows, predicted);
  }

  /** Predictions of Myelin for the same chunks, with a batch size that does not divide them. */
  static Predictions ours(Path file, int[] tokens, int context, int bos) {
    List<float[]> rows = new ArrayList<>();
    List<Integer> predicted = new ArrayList<>();
    SessionOptions options =
        SessionOptions.defaults()
            .withContextLength(context)
            .withThreads(1)
            .withBatch(50)
            .withCacheType(CacheType.F32);
    try (Model model = Model.load(file);
        Session session = Session.open(model, options)) {
      for (int chunk = 0; chunk < tokens.length / context; chunk++) {
        int[] ids = Arrays.copyOfRange(tokens, chunk * context, (chunk + 1) * context);
        int[] inputs = ids.clone();
        if (bos >= 0) {
          inputs[0] = bos;
        }
        session.truncate(0);
        session.feedAll(
            inputs,
            (position, logits) -> {
              if (position >= context / 2 && position < context - 1) {
                rows.add(Logits.copy(logits));
                predicted.add(ids[position + 1]);
              }
            });
      }
    }
    return new Predictions(rows, predicted);
  }

  /**
   * Predictions of libllama for windows of {@code window} tokens, of which the last {@code stride}
   * are predicted.
   */
  static Predictions windows(Path file, int[] tokens, int window, int stride) {
    List<float[]> rows = new ArrayList<>();
    List<Integer> predicted = new ArrayList<>();
    try (LlamaModel model = LlamaModel.load(file, LlamaModel.Options.NO_REPACK);
        LlamaContext peer = model.createContext(options(window))) {
      for (int start = 0; start + window < tokens.length; start += stride) {
        int from = start;
        peer.clear();
        peer.feedAll(
            Arrays.copyOfRange(tokens, start, start + window),
            (position, logits) -> {
              if (position >= window - stride - 1 && position < window - 1) {
                rows.add(Logits.copy(logits));
                predicted.add(tokens[from + position + 1]);
              }
            });
      }
    }
    return new Predictions(rows, predicted);
  }

  private static LlamaContext.Options options(int context) {
    return new LlamaContext.Options(
        context, Math.max(context, 32), 1, CacheType.F32.type().id(), FlashAttention.OFF);
  }

  static double[] logSoftmax(float[] logits) {
    double max = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      max = Math.max(max, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - max);
    }
    double[] result = new double[logits.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = logits[i] - max - Math.log(sum);
    }
    return result;
  }

  static double klDivergence(float[] original, float[] other) {
    double[] p = logSoftmax(original);
    double[] q = logSoftmax(other);
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      sum += Math.exp(p[i]) * (p[i] - q[i]);
    }
    return sum;
  }

  static int argmax(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return best;
  }

  /** Mean and standard error as llama.cpp computes them, from sums and sums of squares. */
  static Estimate estimate(double[] values) {
    double sum = 0;
    double squares = 0;
    for (double value : values) {
      sum += value;
      squares += value * value;
    }
    double mean = sum / values.length;
    double variance = squares / values.length - mean * mean;
    return new Estimate(mean, Math.sqrt(Math.max(0, variance) / (values.length - 1)));
  }
}

package dev.myelin.quantize;

import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.TensorInfo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How many bits a parameter takes with a mix, in a model many know: Llama 3.1 8B. */
public final class TypicalBits {
  private static final int LAYERS = 32;
  private static final int WIDTH = 4096;
  private static final int KEYS = 1024;
  private static final int INNER = 14_336;
  private static final int VOCABULARY = 128_256;
  private static final int HEADS_PER_KV_HEAD = 4;

  private TypicalBits() {}

  /** Bits of all tensors by parameters. */
  public static double of(Mix mix) {
    List<TensorInfo> tensors = tensors();
    ModelFacts facts = new ModelFacts("llama", LAYERS, HEADS_PER_KV_HEAD, 0, false, false);
    TypeChooser chooser =
        new TypeChooser(Path.of("typical"), facts, tensors, QuantizeOptions.of(mix));
    double bytes = 0;
    double parameters = 0;
    for (TensorInfo tensor : tensors) {
      bytes += chooser.choose(tensor).type().bytes(tensor.elements());
      parameters += tensor.elements();
    }
    return 8 * bytes / parameters;
  }

  private static List<TensorInfo> tensors() {
    List<TensorInfo> all = new ArrayList<>();
    all.add(matrix("output.weight", WIDTH, VOCABULARY));
    all.add(vector("output_norm.weight"));
    all.add(matrix("token_embd.weight", WIDTH, VOCABULARY));
    for (int i = 0; i < LAYERS; i++) {
      String layer = "blk." + i + ".";
      all.add(matrix(layer + "attn_k.weight", WIDTH, KEYS));
      all.add(vector(layer + "attn_norm.weight"));
      all.add(matrix(layer + "attn_output.weight", WIDTH, WIDTH));
      all.add(matrix(layer + "attn_q.weight", WIDTH, WIDTH));
      all.add(matrix(layer + "attn_v.weight", WIDTH, KEYS));
      all.add(matrix(layer + "ffn_down.weight", INNER, WIDTH));
      all.add(matrix(layer + "ffn_gate.weight", WIDTH, INNER));
      all.add(vector(layer + "ffn_norm.weight"));
      all.add(matrix(layer + "ffn_up.weight", WIDTH, INNER));
    }
    return all;
  }

  private static TensorInfo matrix(String name, long row, long rows) {
    return new TensorInfo(name, GgmlType.F16, List.of(row, rows), 0, 0, 2 * row * rows);
  }

  private static TensorInfo vector(String name) {
    return new TensorInfo(name, GgmlType.F32, List.of((long) WIDTH), 0, 0, 4L * WIDTH);
  }
}

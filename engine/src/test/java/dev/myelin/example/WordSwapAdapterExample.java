package dev.myelin.example;

import dev.myelin.adapter.AdapterWriter;
import dev.myelin.adapter.AdapterWriter.Factor;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.tokenizer.Tokenizer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/** The example in docs/lora.md, which must equal the code between the two comments. */
final class WordSwapAdapterExample {
  private WordSwapAdapterExample() {}

  /** Writes an adapter that makes a model with an f32 embedding read one word as another. */
  static void main(Path file, String word, String other, Path out) {
    try (GgufFile model = GgufFile.open(file)) {
      Tokenizer tokenizer = Tokenizer.of(model);
      TensorInfo embedding = model.tensor("token_embd.weight").orElseThrow();
      int width = (int) embedding.dim(0);
      int vocabulary = (int) embedding.dim(1);
      MemorySegment rows = model.data(embedding);
      int from = tokenizer.encode(word, false, false)[0];
      int to = tokenizer.encode(other, false, false)[0];
      // example
      float[] a = new float[vocabulary]; // factor of the update for each token's row
      float[] b = new float[width]; // the update
      a[from] = 1;
      for (int i = 0; i < width; i++) {
        b[i] = value(rows, to * width + i) - value(rows, from * width + i);
      }
      new AdapterWriter("llama", 1)
          .add("token_embd.weight", Factor.of(a, 1, vocabulary), Factor.of(b, 1, width))
          .write(out);
      // end
    }
  }

  private static float value(MemorySegment f32, long index) {
    return f32.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, index);
  }
}

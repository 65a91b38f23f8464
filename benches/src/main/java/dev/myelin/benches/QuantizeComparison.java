package dev.myelin.benches;

import dev.myelin.bindings.peer.LlamaCpp;
import dev.myelin.quantize.Mix;
import dev.myelin.quantize.Mixes;
import dev.myelin.quantize.QuantizeListener;
import dev.myelin.quantize.QuantizeOptions;
import dev.myelin.quantize.Quantizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Quantises a model with Myelin and with libllama, alternating in one process, and prints wall
 * seconds: {@code QuantizeComparison IN FOLDER THREADS REPETITIONS MIX...}. The output files must
 * be identical; they are deleted.
 */
public final class QuantizeComparison {
  private QuantizeComparison() {}

  public static void main(String[] arguments) throws IOException {
    if (arguments.length < 5) {
      throw new IllegalArgumentException(
          "expected IN FOLDER THREADS REPETITIONS MIX..., not " + Arrays.toString(arguments));
    }
    Path in = Path.of(arguments[0]);
    Path folder = Path.of(arguments[1]);
    int threads = Integer.parseInt(arguments[2]);
    int repetitions = Integer.parseInt(arguments[3]);
    List<String> mixes = List.of(arguments).subList(4, arguments.length);
    System.out.println("| | Myelin, s | llama.cpp, s | ratio |\n|---|---|---|---|");
    for (String name : mixes) {
      Mix mix = Mixes.named(name).orElseThrow(() -> new IllegalArgumentException(name));
      double[] myelinSeconds = new double[repetitions];
      double[] llamaSeconds = new double[repetitions];
      Path myelinOut = folder.resolve("myelin.tmp.gguf");
      Path llamaOut = folder.resolve("llama.tmp.gguf");
      for (int i = 0; i < repetitions; i++) {
        Files.deleteIfExists(myelinOut);
        Files.deleteIfExists(llamaOut);
        QuantizeOptions options = QuantizeOptions.of(mix).withThreads(threads);
        myelinSeconds[i] =
            seconds(() -> new Quantizer(options).run(in, myelinOut, QuantizeListener.NONE));
        llamaSeconds[i] = seconds(() -> LlamaCpp.quantize(in, llamaOut, mix.fileType(), threads));
      }
      if (Files.mismatch(myelinOut, llamaOut) != -1) {
        throw new IllegalStateException(name + ": the files differ");
      }
      Files.delete(myelinOut);
      Files.delete(llamaOut);
      double myelin = median(myelinSeconds);
      double llama = median(llamaSeconds);
      System.out.printf("| %s | %.1f | %.1f | %.1f |%n", name, myelin, llama, llama / myelin);
    }
  }

  private static double seconds(Runnable work) {
    long start = System.nanoTime();
    work.run();
    return (System.nanoTime() - start) * 1e-9;
  }

  private static double median(double[] values) {
    Arrays.sort(values);
    return values[values.length / 2];
  }
}

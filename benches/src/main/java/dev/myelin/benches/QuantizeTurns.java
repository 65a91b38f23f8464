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
 * Quantises a checkpoint by Myelin and by libllama, turn by turn in one process, and prints wall
 * seconds: {@code QuantizeTurns IN FOLDER THREADS REPETITIONS MIX...}. The output files, removed at
 * the end, must be the same.
 */
public final class QuantizeTurns {
  private QuantizeTurns() {}

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
      double[] ours = new double[repetitions];
      double[] theirs = new double[repetitions];
      Path our = folder.resolve("turns-ours.gguf");
      Path their = folder.resolve("turns-theirs.gguf");
      for (int i = 0; i < repetitions; i++) {
        Files.deleteIfExists(our);
        Files.deleteIfExists(their);
        QuantizeOptions options = QuantizeOptions.of(mix).withThreads(threads);
        ours[i] = seconds(() -> new Quantizer(options).run(in, our, QuantizeListener.NONE));
        theirs[i] = seconds(() -> LlamaCpp.quantize(in, their, mix.fileType(), threads));
      }
      if (Files.mismatch(our, their) != -1) {
        throw new IllegalStateException(name + ": the files differ");
      }
      Files.delete(our);
      Files.delete(their);
      double a = median(ours);
      double b = median(theirs);
      System.out.printf("| %s | %.1f | %.1f | %.1f |%n", name, a, b, b / a);
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

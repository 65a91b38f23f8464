package dev.myelin.quantize;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Main class of the child process of {@link FlatMemoryTest}: converts a checkpoint and prints the
 * peak resident memory in MiB.
 */
final class FlatMemoryProbe {
  private FlatMemoryProbe() {}

  public static void main(String[] args) throws IOException {
    QuantizeOptions options = QuantizeOptions.of(Mixes.named(args[2]).orElseThrow()).withThreads(2);
    new Quantizer(options).run(Path.of(args[0]), Path.of(args[1]), QuantizeListener.NONE);
    Path status = Path.of("/proc/self/status");
    String peak =
        Files.exists(status)
            ? Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("VmHWM"))
                .map(line -> line.replaceAll("\\D+", ""))
                .findFirst()
                .orElse("0")
            : "0";
    System.out.println(Long.parseLong(peak) >> 10);
  }
}

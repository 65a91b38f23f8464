package dev.myelin.model;

import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The main program of {@link HeapFlatTest}'s process: maps a model and computes a token. */
final class HeapFlatProbe {
  private HeapFlatProbe() {}

  public static void main(String[] args) throws IOException {
    try (Model model = Model.load(Path.of(args[0]));
        Session session = Session.open(model, SessionOptions.defaults().withContextLength(256))) {
      long logits = session.feed(1).byteSize() / Float.BYTES;
      long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
      System.out.printf(
          "%d logits, heap in use %d MiB of %d MiB%s%n",
          logits, heap >> 20, Runtime.getRuntime().maxMemory() >> 20, resident());
    }
  }

  /** Linux tells how much memory of the process is its own, and how much belongs to files. */
  private static String resident() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return "";
    }
    try (Stream<String> lines = Files.lines(status)) {
      return lines
          .filter(line -> line.startsWith("RssAnon") || line.startsWith("RssFile"))
          .map(line -> ", " + line.replaceAll("\\s+", " "))
          .collect(Collectors.joining());
    }
  }
}

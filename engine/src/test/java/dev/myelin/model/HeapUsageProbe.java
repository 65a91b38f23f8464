package dev.myelin.model;

import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Main program of {@link HeapUsageTest}'s child process: maps a model and computes one token. */
final class HeapUsageProbe {
  private HeapUsageProbe() {}

  public static void main(String[] args) throws IOException {
    try (Model model = Model.load(Path.of(args[0]));
        Session session = Session.open(model, SessionOptions.defaults().withContextLength(256))) {
      long logits = session.feed(1).byteSize() / Float.BYTES;
      long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
      System.out.printf(
          "%d logits, heap in use %d MiB of %d MiB%s%n",
          logits, heap >> 20, Runtime.getRuntime().maxMemory() >> 20, residentMemory());
    }
  }

  /** Anonymous and file-backed resident memory; empty except on Linux. */
  private static String residentMemory() throws IOException {
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

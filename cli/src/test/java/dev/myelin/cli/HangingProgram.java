package dev.myelin.cli;

import dev.myelin.cli.command.SignalHandler;
import dev.myelin.cli.io.Console;
import dev.myelin.file.OutputFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Has a partially written file, reports Ctrl-C and then never ends, for {@link ProcessTest}. */
final class HangingProgram {
  private HangingProgram() {}

  public static void main(String[] args) throws IOException {
    Console console = Console.system();
    Runnable blocks =
        () -> {
          console.println("interrupted");
          spin();
        };
    SignalHandler.setCleanup(
        () -> {
          console.println("cleanup");
          spin();
        });
    try (OutputFile file = new OutputFile(Path.of(args[0]), 0);
        SignalHandler _ = SignalHandler.install(blocks)) {
      file.write(ByteBuffer.allocate(1000), 0);
      console.println("ready");
      spin();
    }
  }

  private static void spin() {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(100);
    while (System.nanoTime() < end) {
      synchronized (HangingProgram.class) {
        Thread.onSpinWait();
      }
    }
  }
}

package dev.myelin.cli;

import dev.myelin.cli.io.Console;
import dev.myelin.diagnostics.Log;
import java.util.ArrayList;
import java.util.List;

/**
 * The training run of the ahead-of-time class cache (JEP 514): runs several command lines,
 * separated by {@code ,}, in one process. Stops at the first status other than 0.
 */
final class AotTraining {
  private AotTraining() {}

  public static void main(String[] args) {
    Log.offByDefault(); // as the command
    List<String> line = new ArrayList<>();
    for (int i = 0; i <= args.length; i++) {
      if (i < args.length && !args[i].equals(",")) {
        line.add(args[i]);
        continue;
      }
      int status = Myelin.run(Console.system(), line.toArray(String[]::new));
      if (status != 0) {
        System.exit(status);
      }
      line.clear();
    }
    System.exit(0);
  }
}

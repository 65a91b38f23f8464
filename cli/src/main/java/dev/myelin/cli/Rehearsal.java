package dev.myelin.cli;

import dev.myelin.cli.io.Console;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs several command lines in one process, separated by {@code ,}: the ahead-of-time cache of
 * classes holds what one process has used. Ends with the first status that is not 0.
 */
final class Rehearsal {
  private Rehearsal() {}

  public static void main(String[] args) {
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

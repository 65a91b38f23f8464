package dev.myelin.cli.command;

import java.util.List;
import picocli.CommandLine.Model.OptionSpec;

/** Options under the name that was typed: {@code -n} is not {@code --predict} in a message. */
public final class Typed {
  private Typed() {}

  /** The name of the option that the last of the arguments with one of its names has. */
  public static String name(OptionSpec option, List<String> arguments) {
    for (String argument : arguments.reversed()) {
      for (String name : option.names()) {
        boolean whole = argument.equals(name) || argument.startsWith(name + "=");
        boolean attached = name.length() == 2 && argument.startsWith(name);
        if (whole || attached) {
          return name;
        }
      }
    }
    return option.longestName();
  }
}

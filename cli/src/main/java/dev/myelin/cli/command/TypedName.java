package dev.myelin.cli.command;

import java.util.List;
import picocli.CommandLine.Model.OptionSpec;

/** The name of an option as it was typed, for messages: {@code -n}, not {@code --predict}. */
public final class TypedName {
  private TypedName() {}

  /** The option's name in the last argument that has one, else its longest name. */
  public static String of(OptionSpec option, List<String> arguments) {
    for (String argument : arguments.reversed()) {
      for (String name : option.names()) {
        boolean isSeparate = argument.equals(name) || argument.startsWith(name + "=");
        boolean isAttached = name.length() == 2 && argument.startsWith(name);
        if (isSeparate || isAttached) {
          return name;
        }
      }
    }
    return option.longestName();
  }
}

package dev.myelin.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Which checkpoint. */
final class ModelOptions {
  static final String VARIABLE = "MYELIN_MODEL";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = {"-m", "--model"},
      paramLabel = "FILE",
      description = "The checkpoint, a GGUF file. Default: $" + VARIABLE + ".")
  private String model;

  Path file(Console console) {
    String name = model == null ? console.variable(VARIABLE) : model;
    if (name == null || name.isBlank()) {
      throw Usage.wrong(command, "no model: name a GGUF file with -m FILE or in $" + VARIABLE);
    }
    return path(command, name);
  }

  /** A path as typed. */
  static Path path(CommandSpec command, String name) {
    try {
      return Path.of(name);
    } catch (InvalidPathException e) {
      throw Usage.wrong(command, "'" + name + "' is no file name here: " + e.getReason());
    }
  }
}

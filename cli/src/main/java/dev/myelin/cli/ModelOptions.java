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
  private Path model;

  Path file(Console console) {
    if (model != null) {
      return model;
    }
    String name = console.variable(VARIABLE);
    if (name == null) {
      throw Usage.wrong(command, "no model: name a GGUF file with -m FILE or in $" + VARIABLE);
    }
    try {
      return Path.of(name);
    } catch (InvalidPathException e) {
      throw Usage.wrong(command, VARIABLE + "=" + name + ": no file name here: " + e.getReason());
    }
  }
}

package dev.myelin.cli.run;

import dev.myelin.cli.command.CommandFiles;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.options.AdapterOptions;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.runtime.RuntimeOptions;
import java.nio.file.Path;

/** Many prompts at a time: how many, and where the results go. */
final class ParallelOptions {
  private final Subcommand command;
  private final Subcommand.Value<Integer> parallel;
  private final Subcommand.Value<Path> output;
  private final Subcommand.Value<Boolean> resume;
  private final Subcommand.Value<Boolean> overwrite;

  ParallelOptions(Subcommand command) {
    this.command = command;
    parallel =
        command.option(
            Integer.class,
            null,
            "N",
            "Read a prompt from each line of -f FILE, in JSON, and generate N texts at a time.",
            "-np",
            "--parallel");
    output =
        command.option(
            Path.class,
            null,
            "FILE",
            "With --parallel: the file of the results, a line of JSON each (default: standard"
                + " output).",
            "-o",
            "--output");
    resume =
        command.flag(
            "With -o: continue after the last complete line of an interrupted run.", "--resume");
    overwrite = command.flag("With -o: replace an existing file.", "--overwrite");
  }

  /** Whether many prompts are to be run. */
  boolean isSet() {
    if (!parallel.isSet() && (output.isSet() || resume.get() || overwrite.get())) {
      Subcommand.Value<?> given = output.isSet() ? output : resume.get() ? resume : overwrite;
      throw Usage.error(command.spec, given.typedName() + ": expected with --parallel N");
    }
    return parallel.isSet();
  }

  /** Number of prompts at a time. */
  int count() {
    int count = parallel.get();
    if (count < 1 || count > RuntimeOptions.MAX_SEQUENCES) {
      throw Usage.error(
          command.spec,
          "%s %s: expected 1 to %s"
              .formatted(parallel.typedName(), count, RuntimeOptions.MAX_SEQUENCES));
    }
    return count;
  }

  /** Whether results go to standard output. */
  boolean isPrinting() {
    return !output.isSet() || output.get().toString().equals("-");
  }

  /** Checks the files before any work is done. */
  void check(Checkpoint model, AdapterOptions lora, Path prompts) {
    if (isPrinting() && (resume.get() || overwrite.get())) {
      String given = resume.get() ? resume.typedName() : overwrite.typedName();
      throw Usage.error(command.spec, given + ": expected with -o FILE");
    }
    if (resume.get() && overwrite.get()) {
      throw Usage.error(command.spec, "--resume and --overwrite: expected one of them");
    }
    if (!isPrinting()) {
      new CommandFiles(command)
          .reads(model)
          .reads("--lora", lora.files())
          .reads("-f", prompts)
          .writesNonModel("-o", output.get())
          .check();
      if (!resume.get()) {
        ResultFile.requireNew(output.get(), overwrite.get());
      }
    }
  }

  /**
   * Where results go.
   *
   * @param prompts those that have results are skipped
   */
  ResultOutput open(Console console, PromptFile prompts) {
    if (isPrinting()) {
      return console::print;
    }
    return resume.get()
        ? ResultFile.resume(output.get(), prompts)
        : ResultFile.create(output.get(), overwrite.get());
  }
}

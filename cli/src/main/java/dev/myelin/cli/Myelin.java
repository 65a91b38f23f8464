package dev.myelin.cli;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The entry point: finds the command, runs it, and turns whatever happens into an exit status. */
@Command(
    name = "myelin",
    description = "Runs quantised large language models.",
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Exit status: 0 done, 1 the work failed, 2 wrong usage.",
      "`myelin COMMAND --help` explains a command, with examples.%n"
    })
public final class Myelin implements Runnable {
  @Spec private CommandSpec spec;
  @Mixin private HelpOptions help;

  @CommandLine.Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Print the version.")
  private boolean version;

  public static void main(String[] args) {
    System.exit(run(Console.system(), args));
  }

  /** Runs one command line and returns its exit status. */
  static int run(Console console, String... args) {
    CommandLine line = Commands.parser(console, args);
    Failures failures = new Failures(console);
    HelpWriter out = new HelpWriter(console);
    line.setOut(new PrintWriter(out));
    try {
      int status = line.execute(args);
      out.check();
      return status;
    } catch (Throwable e) { // picocli lets errors pass: out of memory, stack overflow
      return failures.handle(e, line);
    }
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "no command given");
  }
}

package dev.myelin.cli;

import dev.myelin.cli.command.Interrupts;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.command.Version;
import dev.myelin.cli.io.Console;
import dev.myelin.error.Printable;
import java.io.PrintWriter;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/** The entry point: finds the command, runs it, and turns whatever happens into an exit status. */
public final class Myelin extends Subcommand {
  Myelin(Console console) {
    super(
        console,
        "myelin",
        "Runs quantised large language models.",
        "",
        "Exit status: 0 done, 1 the work failed, 2 wrong usage, 130 interrupted.",
        "`myelin COMMAND --help` explains a command, with examples.");
    spec.usageMessage().synopsisSubcommandLabel("COMMAND");
    spec.versionProvider(() -> new String[] {Version.text()});
    spec.addOption(
        OptionSpec.builder("-V", "--version")
            .versionHelp(true)
            .description("Print the version.")
            .build());
  }

  public static void main(String[] args) {
    Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT); // of libraries: ours name it themselves
    Console console = Console.system();
    String malformed = Arguments.malformed(args);
    if (malformed != null) {
      console.note(Printable.of("myelin: argument '" + malformed + "': expected UTF-8"));
      System.exit(ExitCode.USAGE);
    }
    System.exit(Interrupts.status(run(console, args)));
  }

  /** Runs one command line and returns its exit status. */
  static int run(Console console, String... args) {
    CommandLine line = Commands.parser(console, args);
    Failures failures = new Failures(console);
    HelpWriter out = new HelpWriter(console);
    line.setOut(new PrintWriter(out));
    try {
      int status = line.execute(Foreign.understood(line, console, args));
      out.check();
      return status;
    } catch (ParameterException e) { // before picocli reads anything
      return failures.handleParseException(e, args);
    } catch (Throwable e) { // picocli lets errors pass: out of memory, stack overflow
      return failures.handle(e, line);
    }
  }

  @Override
  public void run() {
    throw Usage.wrong(spec, "no command given");
  }
}

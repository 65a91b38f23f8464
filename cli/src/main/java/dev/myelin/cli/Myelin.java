package dev.myelin.cli;

import dev.myelin.cli.command.SignalHandler;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.command.Version;
import dev.myelin.cli.io.Console;
import dev.myelin.diagnostics.Log;
import dev.myelin.error.Printable;
import java.io.PrintWriter;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/** The entry point: parses the command line, runs the command and returns its exit status. */
public final class Myelin extends Subcommand {
  Myelin(Console console) {
    super(
        console,
        "myelin",
        "Run quantized large language models.",
        "",
        "Exit status: 0 success, 1 failure, 2 wrong usage, 130 interrupted.",
        "`myelin COMMAND --help` describes a command and gives examples.");
    spec.usageMessage().synopsisSubcommandLabel("COMMAND");
    spec.versionProvider(() -> new String[] {Version.text()});
    spec.addOption(
        OptionSpec.builder("-V", "--version")
            .versionHelp(true)
            .description("Print the version.")
            .build());
  }

  public static void main(String[] args) {
    Locale.setDefault(
        Locale.Category.FORMAT, Locale.ROOT); // for libraries: our own code names the locale
    Log.offByDefault();
    Console console = Console.system();
    String malformed = Arguments.firstMalformed(args);
    if (malformed != null) {
      console.note(Printable.of("myelin: argument '" + malformed + "': expected UTF-8"));
      System.exit(ExitCode.USAGE);
    }
    System.exit(SignalHandler.exitStatus(run(console, args)));
  }

  /** Runs one command line and returns its exit status. */
  static int run(Console console, String... args) {
    CommandLine line = Commands.parser(console, args);
    ErrorHandler failures = new ErrorHandler(console);
    HelpWriter out = new HelpWriter(console);
    line.setOut(new PrintWriter(out));
    try {
      int status = line.execute(LlamaCppArguments.translate(line, console, args));
      out.rethrow();
      return status;
    } catch (ParameterException e) { // before picocli reads anything
      return failures.handleParseException(e, args);
    } catch (Throwable e) { // picocli does not catch errors: out of memory, stack overflow
      return failures.handle(e, line);
    }
  }

  @Override
  public void run() {
    throw Usage.error(spec, "no command given");
  }
}

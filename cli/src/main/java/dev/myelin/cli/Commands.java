package dev.myelin.cli;

import dev.myelin.cli.bench.BenchCommand;
import dev.myelin.cli.chat.ChatCommand;
import dev.myelin.cli.chat.TemplateCommand;
import dev.myelin.cli.command.Converters;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.embed.EmbedCommand;
import dev.myelin.cli.evaluate.PerplexityCommand;
import dev.myelin.cli.evaluate.ScoreCommand;
import dev.myelin.cli.info.InfoCommand;
import dev.myelin.cli.inspect.InspectCommand;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.models.AliasCommand;
import dev.myelin.cli.models.ListCommand;
import dev.myelin.cli.models.PullCommand;
import dev.myelin.cli.models.RemoveCommand;
import dev.myelin.cli.models.ShowCommand;
import dev.myelin.cli.plan.PlanCommand;
import dev.myelin.cli.quantize.ImatrixCommand;
import dev.myelin.cli.quantize.QuantizeCommand;
import dev.myelin.cli.run.LogitsCommand;
import dev.myelin.cli.run.RunCommand;
import dev.myelin.cli.run.TokenizeCommand;
import dev.myelin.cli.train.StoriesCommand;
import dev.myelin.cli.train.TrainCommand;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine;

/** All commands. A new one is a class and a line here. */
final class Commands {
  private static final Map<String, Function<Console, Subcommand>> ALL = new LinkedHashMap<>();

  static {
    ALL.put("run", RunCommand::new);
    ALL.put("chat", ChatCommand::new);
    ALL.put("bench", BenchCommand::new);
    ALL.put("pull", PullCommand::new);
    ALL.put("list", ListCommand::new);
    ALL.put("show", ShowCommand::new);
    ALL.put("rm", RemoveCommand::new);
    ALL.put("alias", AliasCommand::new);
    ALL.put("perplexity", PerplexityCommand::new);
    ALL.put("score", ScoreCommand::new);
    ALL.put("embed", EmbedCommand::new);
    ALL.put("tokenize", TokenizeCommand::new);
    ALL.put("template", TemplateCommand::new);
    ALL.put("logits", LogitsCommand::new);
    ALL.put("inspect", InspectCommand::new);
    ALL.put("plan", PlanCommand::new);
    ALL.put("train", TrainCommand::new);
    ALL.put("stories", StoriesCommand::new);
    ALL.put("quantize", QuantizeCommand::new);
    ALL.put("imatrix", ImatrixCommand::new);
    ALL.put("info", InfoCommand::new);
    ALL.put("completion", CompletionCommand::new);
    ALL.put("help", HelpCommand::new);
    ALL.put("version", VersionCommand::new);
  }

  private Commands() {}

  /**
   * The parser for a command line. It has only the command in use, unless the first argument is
   * help, completion or not a command: these need all commands.
   */
  static CommandLine parser(Console console, String... args) {
    CommandLine root = new CommandLine(new Myelin(console).withHelp());
    String first = args.length == 0 ? "" : args[0];
    if (ALL.containsKey(first) && !first.equals("help") && !first.equals("completion")) {
      root.addSubcommand(first, ALL.get(first).apply(console).withHelp());
    } else {
      ALL.forEach((name, factory) -> root.addSubcommand(name, factory.apply(console).withHelp()));
    }
    ErrorHandler failures = new ErrorHandler(console);
    CommandLine.tracer()
        .setLevel(CommandLine.TraceLevel.OFF); // else it warns about the next setting
    root.setOverwrittenOptionsAllowed(true); // the last value wins: scripts append options
    root.setExpandAtFiles(false); // a prompt may begin with @
    root.setParameterExceptionHandler(failures);
    root.setExecutionExceptionHandler(failures);
    Converters.register(root);
    root.setErr(console.err());
    return root;
  }
}

package dev.myelin.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine;

/** Every command of Myelin; a new one is a class and a line here. */
final class Commands {
  private static final Map<String, Function<Console, Subcommand>> ALL = new LinkedHashMap<>();

  static {
    ALL.put("run", RunCommand::new);
    ALL.put("chat", ChatCommand::new);
    ALL.put("bench", BenchCommand::new);
    ALL.put("perplexity", PerplexityCommand::new);
    ALL.put("score", ScoreCommand::new);
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
   * The parser for a command line, with the command in use only, unless the arguments begin with
   * one that looks at the others, or with none.
   */
  static CommandLine parser(Console console, String... args) {
    CommandLine root = new CommandLine(new Myelin(console).withHelp());
    String first = args.length == 0 ? "" : args[0];
    if (ALL.containsKey(first) && !first.equals("help") && !first.equals("completion")) {
      root.addSubcommand(first, ALL.get(first).apply(console).withHelp());
    } else {
      ALL.forEach((name, make) -> root.addSubcommand(name, make.apply(console).withHelp()));
    }
    Failures failures = new Failures(console);
    CommandLine.tracer().setLevel(CommandLine.TraceLevel.OFF); // or it warns of the next line's use
    root.setOverwrittenOptionsAllowed(
        true); // the last one counts: scripts append to what they have
    root.setExpandAtFiles(false); // a prompt may begin with @
    root.setParameterExceptionHandler(failures);
    root.setExecutionExceptionHandler(failures);
    Numbers.register(root);
    root.setErr(console.err());
    return root;
  }
}

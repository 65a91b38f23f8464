package dev.myelin.cli;

import dev.myelin.generate.Conversation;
import dev.myelin.generate.GenerateOptions;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;
import dev.myelin.sampling.SamplingOptions;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A conversation in the terminal. */
@Command(
    name = "chat",
    sortOptions = false,
    description = "Talk with a model.",
    footer = {
      "",
      "A line that ends in \\ goes on in the next one; \"\"\" begins and ends a message of several lines.",
      "/help lists what else can be typed. Ctrl-C stops a reply, Ctrl-D ends.",
      "",
      "Examples:",
      "  myelin chat -m model.gguf",
      "  myelin chat -m model.gguf --system 'Answer in one sentence.' --temp 0.5",
      "  echo 'What is a monad?' | myelin chat -m model.gguf"
    })
final class ChatCommand implements Runnable {
  private final Console console;
  @Mixin private ModelOptions model;

  @Option(
      names = {"-S", "--system"},
      paramLabel = "TEXT",
      description = "The system prompt.")
  private String system = "";

  @Mixin private StopFlags stop;
  @Mixin private SamplingFlags sampling;
  @Mixin private SessionFlags session;
  @Mixin private HelpOptions help;

  ChatCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    Path file = model.file(console);
    GenerateOptions until = stop.options();
    SamplingOptions how = sampling.options();
    SessionOptions options = session.options();
    try (Model loaded = Model.load(file);
        Session open = Session.open(loaded, options);
        Lines lines =
            console.interactive().getAsBoolean()
                ? new TerminalLines(console)
                : new PipedLines(console)) {
      new ChatLoop(console, lines, open, new Conversation(open, how, system), until).run();
    }
  }
}

package dev.myelin.cli.chat;

import dev.myelin.adapter.Adapter;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Statistics;
import dev.myelin.cli.options.AdapterOptions;
import dev.myelin.cli.options.ContextOptions;
import dev.myelin.cli.options.ModelOptions;
import dev.myelin.cli.options.SamplerOptions;
import dev.myelin.cli.options.StopOptions;
import dev.myelin.cli.run.ContextLimits;
import dev.myelin.generate.ContextFullPolicy;
import dev.myelin.generate.Conversation;
import dev.myelin.generate.GenerateOptions;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.model.Model;
import dev.myelin.sampling.SamplingOptions;
import java.util.List;

/** A conversation in the terminal. */
public final class ChatCommand extends Subcommand {
  private final ModelOptions model = ModelOptions.computing(this);
  private final AdapterOptions lora = new AdapterOptions(this);
  private final Value<String> system =
      option(String.class, "", "TEXT", "The system prompt.", "-S", "--system");
  private final Value<String> onFull =
      choice(
          List.of("drop", "stop"),
          "drop",
          "WHAT",
          "Once the context is full: drop the oldest messages, or stop (default: drop).",
          "--on-full");
  private final StopOptions stop = new StopOptions(this);
  private final SamplerOptions sampling = new SamplerOptions(this);
  private final ContextOptions session = new ContextOptions(this);

  public ChatCommand(Console console) {
    super(
        console,
        "chat",
        "Talk with a model.",
        "",
        "A line that ends in \\ goes on in the next one; \"\"\" begins and ends a message of"
            + " several lines.",
        "/help lists what else can be typed. Ctrl-C stops a reply, Ctrl-D ends.",
        "",
        "Examples:",
        "  myelin chat -m model.gguf",
        "  myelin chat -m model.gguf --system 'Answer in one sentence.' --temp 0.5",
        "  echo 'What is a monad?' | myelin chat -m model.gguf");
  }

  @Override
  public void run() {
    Checkpoint checkpoint = model.checkpoint();
    ContextFullPolicy full = onFull();
    GenerateOptions until = stop.options();
    SamplingOptions given = sampling.options();
    SessionOptions options = session.options();
    List<Adapter> adapters = lora.adapters();
    try (Model loaded = Model.load(checkpoint, adapters);
        Session open = session.opened(Session.open(loaded, options));
        Lines lines = lines()) {
      SamplingOptions how = sampling.options(loaded.sampling(), given);
      Statistics.notes(console, loaded);
      ContextLimits.warn(console, open);
      Conversation conversation = new Conversation(open, how, system.get(), full);
      new ChatLoop(console, lines, open, conversation, until).run();
    }
  }

  private ContextFullPolicy onFull() {
    return switch (onFull.get()) {
      case "drop" -> ContextFullPolicy.DROP_OLDEST;
      case "stop" -> ContextFullPolicy.STOP;
      default -> throw Usage.wrong(spec, "--on-full '" + onFull.get() + "': expected drop or stop");
    };
  }

  private Lines lines() {
    if (!console.interactive().getAsBoolean()) {
      return new PipedLines(console);
    }
    ChatTerminal terminal = new ChatTerminal(console);
    return terminal.isDumb() ? new DumbLines(terminal) : new TerminalLines(console, terminal);
  }
}

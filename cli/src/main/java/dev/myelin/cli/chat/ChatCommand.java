package dev.myelin.cli.chat;

import dev.myelin.adapter.Adapter;
import dev.myelin.cli.command.SignalHandler;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Statistics;
import dev.myelin.cli.options.AdapterOptions;
import dev.myelin.cli.options.ContextOptions;
import dev.myelin.cli.options.ModelOptions;
import dev.myelin.cli.options.PromptCacheOptions;
import dev.myelin.cli.options.SamplerOptions;
import dev.myelin.cli.options.StopOptions;
import dev.myelin.cli.run.ContextLimits;
import dev.myelin.error.MyelinException;
import dev.myelin.generate.ContextFullPolicy;
import dev.myelin.generate.Conversation;
import dev.myelin.generate.GenerateOptions;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.model.Model;
import dev.myelin.sampling.SamplingOptions;
import java.nio.file.Path;
import java.util.List;

/** Chats with a model. */
public final class ChatCommand extends Subcommand {
  private final ModelOptions model = ModelOptions.withNoMmap(this);
  private final AdapterOptions lora = new AdapterOptions(this);
  private final Value<String> system =
      option(String.class, "", "TEXT", "The system prompt.", "-S", "--system");
  private final Value<String> onFull =
      choice(
          List.of("drop", "stop"),
          "drop",
          "WHAT",
          "When the context is full: drop the oldest messages, or stop (default: drop).",
          "--on-full");
  private final Value<Path> saved =
      option(
          Path.class,
          null,
          "FILE",
          "Continue the conversation in this file, without computing it again, and save it there at"
              + " the end. A missing file begins a new one.",
          "--session");
  private final StopOptions stop = new StopOptions(this);
  private final SamplerOptions sampling = new SamplerOptions(this);
  private final ContextOptions context = ContextOptions.withMemoryBudget(this);
  private final PromptCacheOptions promptCache = new PromptCacheOptions(this);

  public ChatCommand(Console console) {
    super(
        console,
        "chat",
        "Chat with a model.",
        "",
        "A line that ends in \\ continues on the next one; \"\"\" begins and ends a multi-line"
            + " message.",
        "/help lists the commands. Ctrl-C stops a reply, Ctrl-D ends the chat.",
        "",
        "Examples:",
        "  myelin chat -m model.gguf",
        "  myelin chat -m model.gguf --system 'Answer in one sentence.' --temp 0.5",
        "  myelin chat -m model.gguf --session monads.chat",
        "  echo 'What is a monad?' | myelin chat -m model.gguf");
  }

  @Override
  public void run() {
    Checkpoint checkpoint = model.checkpoint();
    ContextFullPolicy contextFullPolicy = onFull();
    GenerateOptions generateOptions = stop.options();
    SamplingOptions requested = sampling.options();
    SessionOptions options = context.options(checkpoint);
    List<Adapter> adapters = lora.adapters();
    try (Model loaded = Model.load(checkpoint, adapters);
        Session session = context.noteThreads(Session.open(loaded, options));
        LineSource lines = lines()) {
      SamplingOptions samplingOptions = sampling.options(loaded.sampling(), requested);
      Statistics.printModelNotes(console, loaded);
      ContextLimits.warnIfBeyondTraining(console, session);
      Conversation conversation =
          new Conversation(session, samplingOptions, system.get(), contextFullPolicy);
      promptCache.apply(session);
      run(new ChatLoop(console, lines, session, conversation, generateOptions), conversation);
    }
  }

  private void run(ChatLoop loop, Conversation conversation) {
    if (!saved.isSet()) {
      loop.run();
      return;
    }
    SavedChat chat = new SavedChat(console, saved.get(), conversation);
    chat.resume(system.isGiven() ? system.get() : null);
    try (SignalHandler _ = chat.saveAtSignals()) {
      loop.run();
    } catch (MyelinException e) {
      chat.save(); // the messages before the one that failed
      throw e;
    }
    chat.save();
  }

  private ContextFullPolicy onFull() {
    return switch (onFull.get()) {
      case "drop" -> ContextFullPolicy.DROP_OLDEST;
      case "stop" -> ContextFullPolicy.STOP;
      default -> throw Usage.error(spec, "--on-full '" + onFull.get() + "': expected drop or stop");
    };
  }

  private LineSource lines() {
    if (!console.interactive().getAsBoolean()) {
      return new PipeLineSource(console);
    }
    ChatTerminal terminal = new ChatTerminal(console);
    return terminal.isDumb()
        ? new DumbTerminalLineSource(terminal)
        : new TerminalLineSource(console, terminal);
  }
}

package dev.myelin.cli;

import dev.myelin.chat.ChatMessage;
import dev.myelin.chat.ChatTemplate;
import dev.myelin.cli.Lines.Interrupted;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.MyelinException;
import dev.myelin.error.Printable;
import dev.myelin.file.OutputFile;
import dev.myelin.generate.Conversation;
import dev.myelin.generate.FinishReason;
import dev.myelin.generate.GenerateOptions;
import dev.myelin.generate.Generation;
import dev.myelin.generate.Session;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Reads messages and commands, prints replies. */
final class ChatLoop {
  static final List<String> COMMANDS =
      List.of("/help", "/reset", "/system", "/save", "/stats", "/exit");

  private static final String HELP =
      """
      /system TEXT  start anew with this system prompt
      /reset        start anew with the same system prompt
      /save FILE    write the conversation to a new file
      /stats        tokens per second of the last reply, and how full the context is
      /exit         end, as Ctrl-D does
      A line that ends in \\ goes on in the next one; \""" begins and ends a message of several lines.
      A space before / makes it a message. Ctrl-C stops a reply.\
      """;

  private final Console console;
  private final Lines lines;
  private final Session session;
  private final Conversation conversation;
  private final GenerateOptions until;
  private Generation last;
  private boolean done;

  ChatLoop(
      Console console,
      Lines lines,
      Session session,
      Conversation conversation,
      GenerateOptions until) {
    this.console = console;
    this.lines = lines;
    this.session = session;
    this.conversation = conversation;
    this.until = until;
  }

  /** Until the input ends or the user leaves. */
  void run() {
    if (conversation.template().isEmpty()) {
      console.note("no chat template in this checkpoint: it continues your text");
    } else {
      prepare(conversation.template().get());
    }
    if (lines.interactive()) {
      console.note("/help lists the commands, Ctrl-D ends");
    }
    Messages messages = new Messages(lines);
    while (!done) {
      try {
        String message = messages.next();
        if (message == null) {
          return;
        }
        take(message);
      } catch (Interrupted e) {
        console.note("Ctrl-D or /exit ends");
      } catch (MyelinException e) {
        if (!lines.interactive()) {
          throw e; // a script shall notice
        }
        String hint = e instanceof InvalidRequestException ? " (/reset starts anew)" : "";
        console.note(Printable.of("myelin: " + e.getMessage() + hint));
      }
    }
  }

  /** Parses the template while the user types: the first time takes long. */
  private static void prepare(ChatTemplate template) {
    Runnable parse =
        () -> {
          try {
            template.prepare();
          } catch (MyelinException e) {
            // the first reply reports it
          }
        };
    Thread.ofPlatform().daemon().name("chat-template").start(parse);
  }

  private void take(String message) {
    if (message.startsWith("/")) {
      String[] words = message.split("\\s+", 2);
      command(words[0], words.length == 1 ? "" : words[1].strip());
    } else if (!message.isBlank()) {
      reply(message);
    }
  }

  private void reply(String message) {
    Echo echo = new Echo(console);
    try (Interrupts _ = Interrupts.once(session::cancel)) {
      last = conversation.reply(message, until, echo);
    } finally {
      session.resume();
      echo.endLine();
    }
    done = Interrupts.ending();
    if (last.reason() == FinishReason.CONTEXT_FULL) {
      console.note(
          "the context of %s tokens is full: /reset starts anew, -c allows more"
              .formatted(session.contextLength()));
    }
  }

  private void command(String name, String rest) {
    switch (name) {
      case "/help" -> console.note(HELP);
      case "/exit" -> done = true;
      case "/reset" -> {
        conversation.reset();
        console.note("a new conversation");
      }
      case "/system" -> {
        conversation.reset(rest);
        console.note(
            "a new conversation, "
                + (rest.isEmpty() ? "no system prompt" : "with this system prompt"));
      }
      case "/save" -> save(rest);
      case "/stats" -> stats();
      default -> {
        String hint = Nearest.to(name, COMMANDS).map(c -> ": did you mean " + c + "?").orElse("");
        console.note(Printable.of("unknown command " + name + hint + " (/help lists them)"));
      }
    }
  }

  private void stats() {
    if (last == null) {
      console.note("no reply yet");
    } else {
      Statistics.print(console, last);
      console.note("%-12s %s".formatted("stopped by", last.reason()));
    }
    Statistics.adapters(console, session.model());
    Statistics.sampling(console, session.model());
    console.note(
        "%-12s %7s of %s tokens".formatted("context", session.position(), session.contextLength()));
  }

  private void save(String name) {
    if (name.isEmpty()) {
      throw new MyelinException("/save: expected a file's name");
    }
    StringBuilder text = new StringBuilder();
    for (ChatMessage message : conversation.messages()) {
      text.append(message.role().name().toLowerCase(Locale.ROOT)).append(":\n");
      text.append(message.content().strip()).append("\n\n");
    }
    try {
      Path file = Path.of(name);
      OutputFile.writeNew(file, text.toString().getBytes(StandardCharsets.UTF_8));
      console.note("saved " + conversation.messages().size() + " messages to " + file);
    } catch (InvalidPathException e) {
      throw new MyelinException("/save: '" + name + "' is no file name here", e);
    }
  }
}

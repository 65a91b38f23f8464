package dev.myelin.cli.chat;

import dev.myelin.chat.ChatMessage;
import dev.myelin.chat.DefaultSystemPrompt;
import dev.myelin.cli.command.Nearest;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Statistics;
import dev.myelin.error.MyelinException;
import dev.myelin.error.Printable;
import dev.myelin.file.OutputFile;
import dev.myelin.generate.Conversation;
import dev.myelin.generate.Generation;
import dev.myelin.generate.Session;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** What can be typed in a conversation beside messages. */
final class ChatCommands {
  static final List<String> NAMES =
      List.of("/help", "/reset", "/system", "/save", "/stats", "/exit");

  private static final String HELP =
      """
      /system TEXT  start again with this system prompt
      /reset        start again with the same system prompt
      /save FILE    write the conversation to a new file
      /stats        tokens per second of the last reply, the seed, and how full the context is
      /exit         end, as Ctrl-D does
      A line that ends in \\ goes on in the next one; \""" begins and ends a message of several lines.
      A space before / makes it a message. What is pasted is text. Ctrl-C stops a reply.\
      """;

  private final Console console;
  private final Session session;
  private final Conversation conversation;
  private Generation last;

  ChatCommands(Console console, Session session, Conversation conversation) {
    this.console = console;
    this.session = session;
    this.conversation = conversation;
  }

  /** A reply that {@code /stats} tells of. */
  void replied(Generation reply) {
    last = reply;
  }

  /** Does what the line says; returns whether that ends the conversation. */
  boolean run(String line) {
    String[] words = line.split("\\s+", 2);
    String rest = words.length == 1 ? "" : words[1].strip();
    switch (words[0]) {
      case "/help" -> console.note(HELP);
      case "/exit" -> {
        return true;
      }
      case "/reset" -> {
        conversation.reset();
        console.note("a new conversation");
      }
      case "/system" -> system(rest);
      case "/save" -> save(rest);
      case "/stats" -> stats();
      default -> {
        String hint = Nearest.to(words[0], NAMES).map(c -> ": did you mean " + c + "?").orElse("");
        console.note(Printable.of("unknown command " + words[0] + hint + " (/help lists them)"));
      }
    }
    return false;
  }

  private void system(String prompt) {
    conversation.reset(prompt);
    String which =
        prompt.isEmpty()
            ? conversation
                .template()
                .flatMap(DefaultSystemPrompt::of)
                .map(own -> "with the template's own system prompt: " + own)
                .orElse("no system prompt")
            : "with this system prompt";
    console.note(Printable.of("a new conversation, " + which));
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
    console.note("%-12s %7s".formatted("seed", conversation.seed()));
    String dropped =
        conversation.dropped() == 0
            ? ""
            : ", without the first " + conversation.dropped() + " messages and replies";
    console.note(
        "%-12s %7s of %s tokens%s"
            .formatted("context", session.position(), session.contextLength(), dropped));
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
      Path file = file(name);
      OutputFile.writeNew(file, text.toString().getBytes(StandardCharsets.UTF_8));
      console.note("saved " + conversation.messages().size() + " messages to " + file);
    } catch (InvalidPathException e) {
      throw new MyelinException("/save: '" + name + "' is no file name here", e);
    }
  }

  /** As a shell reads it, {@code ~} is the user's folder. */
  private Path file(String name) {
    if (!name.startsWith("~/")) {
      return Path.of(name);
    }
    String home = console.variable("HOME");
    return Path.of(home == null ? System.getProperty("user.home") : home, name.substring(2));
  }
}

package dev.myelin.cli.chat;

import dev.myelin.chat.ChatMessage;
import dev.myelin.chat.DefaultSystemPrompt;
import dev.myelin.cli.command.ClosestMatch;
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

/** The commands of a chat, which begin with a slash. */
final class SlashCommands {
  static final List<String> NAMES =
      List.of("/help", "/reset", "/system", "/save", "/stats", "/exit");

  private static final String HELP =
      """
      /system TEXT  start a new conversation with this system prompt
      /reset        start a new conversation with the same system prompt
      /save FILE    write the conversation to a new file
      /stats        tokens per second of the last reply, seed, use of the context
      /exit         end the chat, as Ctrl-D does
      A line that ends in \\ continues on the next one; \""" begins and ends a multi-line message.
      A message that begins with / needs a space before it. Pasted text is not interpreted. Ctrl-C stops a reply.\
      """;

  private final Console console;
  private final Session session;
  private final Conversation conversation;
  private Generation lastReply;

  SlashCommands(Console console, Session session, Conversation conversation) {
    this.console = console;
    this.session = session;
    this.conversation = conversation;
  }

  /** Sets the reply that {@code /stats} describes. */
  void setLastReply(Generation reply) {
    lastReply = reply;
  }

  /** Runs a command; returns whether it ends the chat. */
  boolean run(String line) {
    String[] words = line.split("\\s+", 2);
    String argument = words.length == 1 ? "" : words[1].strip();
    switch (words[0]) {
      case "/help" -> console.note(HELP);
      case "/exit" -> {
        return true;
      }
      case "/reset" -> {
        conversation.reset();
        console.note("new conversation");
      }
      case "/system" -> system(argument);
      case "/save" -> save(argument);
      case "/stats" -> stats();
      default -> {
        String hint =
            ClosestMatch.find(words[0], NAMES).map(c -> ": did you mean " + c + "?").orElse("");
        console.note(Printable.of("unknown command " + words[0] + hint + " (/help lists all)"));
      }
    }
    return false;
  }

  private void system(String prompt) {
    conversation.reset(prompt);
    String description =
        prompt.isEmpty()
            ? conversation
                .template()
                .flatMap(DefaultSystemPrompt::of)
                .map(text -> "with the template's system prompt: " + text)
                .orElse("without system prompt")
            : "with this system prompt";
    console.note(Printable.of("new conversation, " + description));
  }

  private void stats() {
    if (lastReply == null) {
      console.note("no reply yet");
    } else {
      Statistics.printTimings(console, lastReply);
      console.note("%-12s %s".formatted("stopped by", lastReply.reason()));
    }
    Statistics.printAdapters(console, session.model());
    Statistics.printRecommendedSampling(console, session.model());
    console.note("%-12s %7s".formatted("seed", conversation.seed()));
    String dropped =
        conversation.dropped() == 0
            ? ""
            : ", first " + conversation.dropped() + " messages and replies dropped";
    console.note(
        "%-12s %7s of %s tokens%s"
            .formatted("context", session.position(), session.contextLength(), dropped));
  }

  private void save(String name) {
    if (name.isEmpty()) {
      throw new MyelinException("/save: expected a file name");
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
      throw new MyelinException("/save: '" + name + "' is not a file name", e);
    }
  }

  /** Expands {@code ~/} to the home folder, as shells do. */
  private Path file(String name) {
    if (!name.startsWith("~/")) {
      return Path.of(name);
    }
    String home = console.environmentVariable("HOME");
    return Path.of(home == null ? System.getProperty("user.home") : home, name.substring(2));
  }
}

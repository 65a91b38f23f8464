package dev.myelin.cli.chat;

import dev.myelin.chat.ChatMessage;
import dev.myelin.cli.command.SignalHandler;
import dev.myelin.cli.io.Console;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.MyelinException;
import dev.myelin.error.Printable;
import dev.myelin.file.OutputFile;
import dev.myelin.generate.Conversation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A conversation that is kept in a file between chats. */
final class SavedChat {
  /** The status after Ctrl-C, as shells have it. */
  private static final int INTERRUPTED = 130;

  private final Console console;
  private final Path file;
  private final Conversation conversation;
  private List<ChatMessage> saved = List.of();

  SavedChat(Console console, Path file, Conversation conversation) {
    this.console = console;
    this.file = file;
    this.conversation = conversation;
  }

  /**
   * Continues the conversation of the file, if it exists.
   *
   * @param system the system prompt that was asked for, or null
   */
  void resume(String system) {
    OutputFile.check(file, 0); // before the chat, not after it
    if (Files.notExists(file)) {
      return;
    }
    conversation.restore(file);
    if (system != null && !system.equals(conversation.system())) {
      throw new InvalidRequestException(
          file + ": the conversation has another system prompt (omit --system, and use /system)");
    }
    saved = conversation.messages();
    console.note(
        Printable.of(
            "resumed %s: %s messages, %s tokens"
                .formatted(file, saved.size(), conversation.session().position())));
  }

  /** Saves and ends the process at a signal, while no reply is being generated. */
  SignalHandler saveAtSignals() {
    return SignalHandler.install(
        () -> {
          int status = INTERRUPTED;
          try {
            save();
          } catch (MyelinException e) {
            console.note(Printable.of("myelin: " + e.getMessage()));
            status = 1;
          }
          System.exit(SignalHandler.exitStatus(status));
        });
  }

  /** Writes the conversation if it has changed. */
  synchronized void save() {
    List<ChatMessage> messages = conversation.messages();
    if (messages.equals(saved)) {
      return;
    }
    conversation.save(file);
    saved = messages;
    console.note(Printable.of("saved %s: %s messages".formatted(file, messages.size())));
  }
}

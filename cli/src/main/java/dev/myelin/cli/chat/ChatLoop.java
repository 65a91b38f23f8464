package dev.myelin.cli.chat;

import dev.myelin.chat.ChatTemplate;
import dev.myelin.cli.chat.LineSource.InterruptedLineException;
import dev.myelin.cli.chat.MessageReader.Message;
import dev.myelin.cli.command.SignalHandler;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.run.ContextLimits;
import dev.myelin.cli.run.TextPrinter;
import dev.myelin.error.ContextFullException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.MyelinException;
import dev.myelin.error.Printable;
import dev.myelin.generate.Conversation;
import dev.myelin.generate.FinishReason;
import dev.myelin.generate.GenerateOptions;
import dev.myelin.generate.Generation;
import dev.myelin.generate.Session;

/** Reads messages and commands, and prints replies. */
final class ChatLoop {
  private final Console console;
  private final LineSource lines;
  private final Session session;
  private final Conversation conversation;
  private final GenerateOptions generateOptions;
  private final SlashCommands commands;
  private boolean done;
  private boolean dropNoted;

  ChatLoop(
      Console console,
      LineSource lines,
      Session session,
      Conversation conversation,
      GenerateOptions generateOptions) {
    this.console = console;
    this.lines = lines;
    this.session = session;
    this.conversation = conversation;
    this.generateOptions = generateOptions;
    commands = new SlashCommands(console, session, conversation);
  }

  /** Runs until the input ends or the user exits. */
  void run() {
    if (conversation.template().isEmpty()) {
      console.note("the model has no chat template: it continues your text");
    } else {
      parseInBackground(conversation.template().get());
    }
    if (lines.isInteractive()) {
      console.note("/help lists the commands, Ctrl-D ends the chat");
    }
    MessageReader messages = new MessageReader(lines);
    while (!done) {
      try {
        Message message = messages.next();
        if (message == null) {
          return;
        }
        handle(message);
      } catch (InterruptedLineException e) {
        done = SignalHandler.isTerminating();
        if (!done) {
          console.note("Ctrl-D or /exit ends the chat");
        }
      } catch (MyelinException e) {
        if (!lines.isInteractive()) {
          throw e; // so that scripts notice
        }
        console.note(Printable.of("myelin: " + e.getMessage()));
      }
    }
  }

  /** Parses the template while the user types, as this is slow. */
  private static void parseInBackground(ChatTemplate template) {
    Runnable parse =
        () -> {
          try {
            template.compile();
          } catch (MyelinException e) {
            // reported by the first reply
          }
        };
    Thread.ofPlatform().daemon().name("myelin-chat-template").start(parse);
  }

  private void handle(Message message) {
    if (message.isCommand()) {
      done = commands.run(message.text());
    } else if (!message.text().isBlank()) {
      Generation reply = reply(message.text());
      commands.setLastReply(reply);
      noteLimits(reply);
    }
  }

  private Generation reply(String message) {
    try (TextPrinter printer = new TextPrinter(console);
        SignalHandler _ = SignalHandler.install(session::cancel)) {
      return conversation.reply(message, generateOptions, printer);
    } catch (ContextFullException e) {
      throw ContextLimits.tooLong(e, session);
    } catch (InvalidRequestException e) {
      throw lines.isInteractive()
          ? new InvalidRequestException(e.getMessage() + " (/reset starts a new conversation)")
          : e;
    } finally {
      session.resume();
      done = SignalHandler.isTerminating();
    }
  }

  private void noteLimits(Generation reply) {
    if (reply.reason() == FinishReason.CANCELLED && reply.tokens().isEmpty()) {
      console.note("stopped before the reply began: the message is discarded");
    }
    int context = session.contextLength();
    if (conversation.dropped() > 0 && !dropNoted) {
      dropNoted = true;
      console.note(
          "the context of %s tokens is full: the oldest messages are dropped from now on (%s)"
              .formatted(context, ContextLimits.hint(session)));
    }
    if (reply.reason() == FinishReason.CONTEXT_FULL) {
      console.note(
          "the context of %s tokens is full: the reply ends (%s)"
              .formatted(context, ContextLimits.hint(session)));
    }
  }
}

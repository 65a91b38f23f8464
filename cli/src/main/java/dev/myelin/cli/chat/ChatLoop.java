package dev.myelin.cli.chat;

import dev.myelin.chat.ChatTemplate;
import dev.myelin.cli.chat.Lines.Interrupted;
import dev.myelin.cli.chat.Messages.Message;
import dev.myelin.cli.command.Interrupts;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.run.ContextLimits;
import dev.myelin.cli.run.Echo;
import dev.myelin.error.ContextFullException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.MyelinException;
import dev.myelin.error.Printable;
import dev.myelin.generate.Conversation;
import dev.myelin.generate.FinishReason;
import dev.myelin.generate.GenerateOptions;
import dev.myelin.generate.Generation;
import dev.myelin.generate.Session;

/** Reads messages and commands, prints replies. */
final class ChatLoop {
  private final Console console;
  private final Lines lines;
  private final Session session;
  private final Conversation conversation;
  private final GenerateOptions until;
  private final ChatCommands commands;
  private boolean done;
  private boolean dropNoted;

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
    commands = new ChatCommands(console, session, conversation);
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
        Message message = messages.next();
        if (message == null) {
          return;
        }
        take(message);
      } catch (Interrupted e) {
        done = Interrupts.ending();
        if (!done) {
          console.note("Ctrl-D or /exit ends");
        }
      } catch (MyelinException e) {
        if (!lines.interactive()) {
          throw e; // a script shall notice
        }
        console.note(Printable.of("myelin: " + e.getMessage()));
      }
    }
  }

  /** Parses the template while the user types: the first time takes long. */
  private static void prepare(ChatTemplate template) {
    Runnable parse =
        () -> {
          try {
            template.compile();
          } catch (MyelinException e) {
            // the first reply reports it
          }
        };
    Thread.ofPlatform().daemon().name("chat-template").start(parse);
  }

  private void take(Message message) {
    if (message.command()) {
      done = commands.run(message.text());
    } else if (!message.text().isBlank()) {
      Generation reply = reply(message.text());
      commands.replied(reply);
      remark(reply);
    }
  }

  private Generation reply(String message) {
    try (Echo echo = new Echo(console);
        Interrupts _ = Interrupts.once(session::cancel)) {
      return conversation.reply(message, until, echo);
    } catch (ContextFullException e) {
      throw ContextLimits.tooLong(e, session);
    } catch (InvalidRequestException e) {
      throw lines.interactive()
          ? new InvalidRequestException(e.getMessage() + " (/reset starts a new conversation)")
          : e;
    } finally {
      session.resume();
      done = Interrupts.ending();
    }
  }

  private void remark(Generation reply) {
    if (reply.reason() == FinishReason.CANCELLED && reply.tokens().isEmpty()) {
      console.note("stopped before the reply began: the message does not count");
    }
    int context = session.contextLength();
    if (conversation.dropped() > 0 && !dropNoted) {
      dropNoted = true;
      console.note(
          "the context of %s tokens is full: from now on the oldest messages are left out (%s)"
              .formatted(context, ContextLimits.larger(session)));
    }
    if (reply.reason() == FinishReason.CONTEXT_FULL) {
      console.note(
          "the context of %s tokens is full: the reply ends here (%s)"
              .formatted(context, ContextLimits.larger(session)));
    }
  }
}

package dev.myelin.cli.chat;

import dev.myelin.cli.command.SignalHandler;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.TextInput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jline.reader.impl.LineReaderImpl;
import org.jline.terminal.Attributes;
import org.jline.terminal.Attributes.ControlChar;
import org.jline.terminal.Attributes.LocalFlag;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.InfoCmp;

/**
 * The terminal of a chat. While a message is typed, the line editor controls it. During a reply
 * typed keys are not shown and wait for the next message, and Ctrl-C is a signal.
 */
final class ChatTerminal implements AutoCloseable {
  /** Terminals that cannot move the cursor, or are unknown. */
  private static final Set<String> DUMB = Set.of("dumb", "emacs", "network", "unknown");

  /** The type used for terminals without an entry in the terminal database. */
  private static final String DEFAULT_TYPE = "xterm-256color";

  /** A field, since a logger that nothing refers to loses its level. */
  private static final Logger JLINE = Logger.getLogger("org.jline");

  private final Terminal terminal;
  private final boolean dumb;
  private final Attributes original;
  private final Attributes replyMode;

  ChatTerminal(Console console) {
    JLINE.setLevel(Level.OFF); // it logs stack traces for unknown terminals
    // else JLine also raises Ctrl-C, which it reads as a key, as a signal
    System.setProperty(TerminalBuilder.PROP_SOFTWARE_SIGNALS, "false");
    String name = console.environmentVariable("TERM");
    dumb = name == null || DUMB.contains(name);
    try {
      terminal =
          TerminalBuilder.builder()
              .name("myelin")
              .system(true)
              .dumb(true)
              .type(dumb ? Terminal.TYPE_DUMB : isKnown(name) ? name : DEFAULT_TYPE)
              .encoding(StandardCharsets.UTF_8)
              .graphemeCluster(false)
              .build();
    } catch (IOException e) {
      throw TextInput.fileError("terminal", e);
    }
    if (terminal.getColumns() == 0) {
      terminal.setSize(Size.of(80, 24)); // a terminal without a size, such as a serial line
    }
    original = terminal.getAttributes();
    replyMode = new Attributes(original);
    replyMode.setLocalFlag(LocalFlag.ECHO, false);
    replyMode.setLocalFlag(LocalFlag.ICANON, false);
    replyMode.setControlChar(ControlChar.VMIN, 1);
    replyMode.setControlChar(ControlChar.VTIME, 0);
    SignalHandler.setCleanup(this::restore);
    enterReplyMode();
  }

  private static boolean isKnown(String name) {
    try {
      InfoCmp.getInfoCmp(name);
      return true;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Whether it has no line editing. */
  boolean isDumb() {
    return dumb;
  }

  Terminal terminal() {
    return terminal;
  }

  /** Call before a message is typed. */
  void enterInputMode() {
    terminal.setAttributes(original);
  }

  /** Call before a reply. Pasted text is still marked as such. */
  void enterReplyMode() {
    terminal.setAttributes(replyMode);
    setBracketedPaste(true);
  }

  private void restore() {
    setBracketedPaste(false);
    terminal.setAttributes(original);
  }

  private void setBracketedPaste(boolean on) {
    if (!dumb) {
      String mark = on ? LineReaderImpl.BRACKETED_PASTE_ON : LineReaderImpl.BRACKETED_PASTE_OFF;
      terminal.writer().write(mark);
      terminal.flush();
    }
  }

  @Override
  public void close() {
    SignalHandler.setCleanup(() -> {});
    try {
      setBracketedPaste(false);
      terminal.close();
    } catch (IOException e) {
      throw TextInput.fileError("terminal", e);
    }
  }
}

package dev.myelin.cli.chat;

import dev.myelin.cli.command.Interrupts;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Input;
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
 * The terminal of a conversation. While a message is typed it is the line editor's; during a reply
 * it shows nothing of what is typed, which waits for the next message, and Ctrl-C is a signal.
 */
final class ChatTerminal implements AutoCloseable {
  /** Terminals that cannot move the cursor, or of which nothing is known. */
  private static final Set<String> DUMB = Set.of("dumb", "emacs", "network", "unknown");

  /** What those that have no entry in the terminal database understand today. */
  private static final String USUAL = "xterm-256color";

  /** A field, as the level of a logger is lost once nothing refers to it. */
  private static final Logger JLINE = Logger.getLogger("org.jline");

  private final Terminal terminal;
  private final boolean dumb;
  private final Attributes found;
  private final Attributes answering;

  ChatTerminal(Console console) {
    JLINE.setLevel(Level.OFF); // it writes stack traces about terminals it does not know
    // otherwise it reads Ctrl-C as a key and raises it as a signal too
    System.setProperty(TerminalBuilder.PROP_SOFTWARE_SIGNALS, "false");
    String name = console.variable("TERM");
    dumb = name == null || DUMB.contains(name);
    try {
      terminal =
          TerminalBuilder.builder()
              .name("myelin")
              .system(true)
              .dumb(true)
              .type(dumb ? Terminal.TYPE_DUMB : isKnown(name) ? name : USUAL)
              .encoding(StandardCharsets.UTF_8)
              .graphemeCluster(false)
              .build();
    } catch (IOException e) {
      throw Input.failure("terminal", e);
    }
    if (terminal.getColumns() == 0) {
      terminal.setSize(Size.of(80, 24)); // one that does not know its size, such as a serial line
    }
    found = terminal.getAttributes();
    answering = new Attributes(found);
    answering.setLocalFlag(LocalFlag.ECHO, false);
    answering.setLocalFlag(LocalFlag.ICANON, false);
    answering.setControlChar(ControlChar.VMIN, 1);
    answering.setControlChar(ControlChar.VTIME, 0);
    Interrupts.lastly(this::putBack);
    answering();
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

  /** Whether lines cannot be edited in it. */
  boolean isDumb() {
    return dumb;
  }

  Terminal jline() {
    return terminal;
  }

  /** A message is being typed. */
  void typing() {
    terminal.setAttributes(found);
  }

  /** A reply is being written. What is pasted now is still marked as such. */
  void answering() {
    terminal.setAttributes(answering);
    markPastes(true);
  }

  private void putBack() {
    markPastes(false);
    terminal.setAttributes(found);
  }

  private void markPastes(boolean on) {
    if (!dumb) {
      String mark = on ? LineReaderImpl.BRACKETED_PASTE_ON : LineReaderImpl.BRACKETED_PASTE_OFF;
      terminal.writer().write(mark);
      terminal.flush();
    }
  }

  @Override
  public void close() {
    Interrupts.lastly(() -> {});
    try {
      markPastes(false);
      terminal.close();
    } catch (IOException e) {
      throw Input.failure("terminal", e);
    }
  }
}

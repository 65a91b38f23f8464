package dev.myelin.cli.chat;

import dev.myelin.cli.command.SignalHandler;
import dev.myelin.cli.io.TextInput;
import java.io.IOException;
import java.io.InterruptedIOException;
import org.jline.utils.NonBlockingReader;

/** Lines from a terminal that cannot move its cursor and edits lines by itself. */
final class DumbTerminalLineSource implements LineSource {
  /** Any timeout: without one JLine reads in this thread and cannot be interrupted. */
  private static final long TIMEOUT_MILLIS = 10_000;

  private final ChatTerminal terminal;

  DumbTerminalLineSource(ChatTerminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public boolean isInteractive() {
    return true;
  }

  @Override
  public Line next(String prompt) throws InterruptedLineException {
    try (SignalHandler _ = SignalHandler.install(Thread.currentThread()::interrupt)) {
      terminal.enterInputMode(); // before the prompt, so that keys typed at once are echoed
      print(prompt);
      return read(terminal.terminal().reader());
    } catch (InterruptedIOException e) {
      print("\n");
      throw new InterruptedLineException();
    } catch (IOException e) {
      throw TextInput.fileError(TextInput.STANDARD_INPUT, e);
    } finally {
      terminal.enterReplyMode();
      Thread.interrupted(); // clears a late interrupt
    }
  }

  private void print(String text) {
    terminal.terminal().writer().print(text);
    terminal.terminal().flush();
  }

  private static Line read(NonBlockingReader reader) throws IOException {
    StringBuilder line = new StringBuilder();
    while (true) {
      int c = reader.read(TIMEOUT_MILLIS);
      if (c == NonBlockingReader.READ_EXPIRED) {
        continue;
      }
      if (c < 0 && line.isEmpty()) {
        return null;
      }
      if (c < 0 || c == '\n' || c == '\r') {
        return Line.typed(line.toString());
      }
      line.append((char) c);
    }
  }

  @Override
  public void close() {
    terminal.close();
  }
}

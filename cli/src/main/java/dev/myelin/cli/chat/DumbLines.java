package dev.myelin.cli.chat;

import dev.myelin.cli.command.Interrupts;
import dev.myelin.cli.io.Input;
import java.io.IOException;
import java.io.InterruptedIOException;
import org.jline.utils.NonBlockingReader;

/** Lines typed in a terminal that cannot move its cursor: it edits and shows them by itself. */
final class DumbLines implements Lines {
  /** Any time: without one JLine reads in this thread, which nothing can interrupt. */
  private static final long WAIT_MILLIS = 10_000;

  private final ChatTerminal terminal;

  DumbLines(ChatTerminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public boolean interactive() {
    return true;
  }

  @Override
  public Line next(String prompt) throws Interrupted {
    try (Interrupts _ = Interrupts.once(Thread.currentThread()::interrupt)) {
      terminal.typing(); // before the prompt: what is typed as soon as it shows is echoed
      print(prompt);
      return read(terminal.jline().reader());
    } catch (InterruptedIOException e) {
      print("\n");
      throw new Interrupted();
    } catch (IOException e) {
      throw Input.failure(Input.STANDARD, e);
    } finally {
      terminal.answering();
      Thread.interrupted(); // one that came too late
    }
  }

  private void print(String text) {
    terminal.jline().writer().print(text);
    terminal.jline().flush();
  }

  private static Line read(NonBlockingReader reader) throws IOException {
    StringBuilder line = new StringBuilder();
    while (true) {
      int c = reader.read(WAIT_MILLIS);
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

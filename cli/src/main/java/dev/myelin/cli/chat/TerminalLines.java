package dev.myelin.cli.chat;

import dev.myelin.cli.io.Console;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jline.reader.Buffer;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.Widget;
import org.jline.reader.impl.DefaultParser;
import org.jline.reader.impl.completer.StringsCompleter;

/** Lines typed in a terminal: edited, completed, with those before at hand. */
final class TerminalLines implements Lines {
  private final ChatTerminal terminal;
  private final LineReader reader;

  /** What was pasted into the line being typed. */
  private final List<String> pasted = new ArrayList<>();

  TerminalLines(Console console, ChatTerminal terminal) {
    this.terminal = terminal;
    LineReaderBuilder builder =
        LineReaderBuilder.builder()
            .terminal(terminal.jline())
            .appName("myelin")
            // words are not looked into: a message may hold any quotes and backslashes
            .parser(new DefaultParser().escapeChars(null).quoteChars(new char[0]))
            .completer(new StringsCompleter(ChatCommands.NAMES))
            .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true);
    Path folder = configuration(console);
    if (Files.isDirectory(folder)) {
      builder.variable(LineReader.HISTORY_FILE, folder.resolve("chat-history"));
    }
    reader = builder.build();
    Widget paste = reader.getBuiltinWidgets().get(LineReader.BEGIN_PASTE);
    reader.getWidgets().put(LineReader.BEGIN_PASTE, () -> paste(paste));
  }

  /** Where a history is kept, once the user has made that folder. */
  private static Path configuration(Console console) {
    String named = console.variable("XDG_CONFIG_HOME");
    Path base =
        named == null ? Path.of(System.getProperty("user.home"), ".config") : Path.of(named);
    return base.resolve("myelin");
  }

  private boolean paste(Widget insert) {
    Buffer buffer = reader.getBuffer();
    int from = buffer.cursor();
    boolean done = insert.apply();
    pasted.add(buffer.substring(from, buffer.cursor()));
    return done;
  }

  @Override
  public boolean interactive() {
    return true;
  }

  @Override
  public Line next(String prompt) throws Interrupted {
    pasted.clear();
    terminal.typing();
    try {
      return line(reader.readLine(prompt));
    } catch (EndOfFileException e) {
      return null;
    } catch (UserInterruptException e) {
      throw new Interrupted();
    } finally {
      terminal.answering();
    }
  }

  /** From the first pasted character to the last one; all of it where they were changed. */
  private Line line(String text) {
    if (pasted.isEmpty()) {
      return Line.typed(text);
    }
    int from = text.indexOf(pasted.getFirst());
    int last = text.lastIndexOf(pasted.getLast());
    int to = last + pasted.getLast().length();
    return from < 0 || last < 0 || to <= from
        ? new Line(text, 0, text.length())
        : new Line(text, from, to);
  }

  @Override
  public void close() {
    terminal.close();
  }
}

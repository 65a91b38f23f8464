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

/** Lines from a terminal, with editing, completion and history. */
final class TerminalLineSource implements LineSource {
  private final ChatTerminal terminal;
  private final LineReader reader;

  /** Text pasted into the current line. */
  private final List<String> pasted = new ArrayList<>();

  TerminalLineSource(Console console, ChatTerminal terminal) {
    this.terminal = terminal;
    LineReaderBuilder builder =
        LineReaderBuilder.builder()
            .terminal(terminal.terminal())
            .appName("myelin")
            // quotes and backslashes have no meaning in messages
            .parser(new DefaultParser().escapeChars(null).quoteChars(new char[0]))
            .completer(new StringsCompleter(SlashCommands.NAMES))
            .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true);
    Path folder = configuration(console);
    if (Files.isDirectory(folder)) {
      builder.variable(LineReader.HISTORY_FILE, folder.resolve("chat-history"));
    }
    reader = builder.build();
    Widget paste = reader.getBuiltinWidgets().get(LineReader.BEGIN_PASTE);
    reader.getWidgets().put(LineReader.BEGIN_PASTE, () -> paste(paste));
  }

  /** The folder of the history, which the user must create to enable it. */
  private static Path configuration(Console console) {
    String configHome = console.environmentVariable("XDG_CONFIG_HOME");
    Path base =
        configHome == null
            ? Path.of(System.getProperty("user.home"), ".config")
            : Path.of(configHome);
    return base.resolve("myelin");
  }

  private boolean paste(Widget insert) {
    Buffer buffer = reader.getBuffer();
    int from = buffer.cursor();
    boolean applied = insert.apply();
    pasted.add(buffer.substring(from, buffer.cursor()));
    return applied;
  }

  @Override
  public boolean isInteractive() {
    return true;
  }

  @Override
  public Line next(String prompt) throws InterruptedLineException {
    pasted.clear();
    terminal.enterInputMode();
    try {
      return line(reader.readLine(prompt));
    } catch (EndOfFileException e) {
      return null;
    } catch (UserInterruptException e) {
      throw new InterruptedLineException();
    } finally {
      terminal.enterReplyMode();
    }
  }

  /** Marks the pasted part: all of the line if pasted text was edited. */
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

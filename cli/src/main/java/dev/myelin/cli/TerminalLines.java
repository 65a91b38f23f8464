package dev.myelin.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.DefaultParser;
import org.jline.reader.impl.completer.StringsCompleter;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/** Lines typed in a terminal: edited, completed, with those before at hand. */
final class TerminalLines implements Lines {
  private final Terminal terminal;
  private final LineReader reader;

  TerminalLines(Console console) {
    try {
      terminal =
          TerminalBuilder.builder()
              .name("myelin")
              .system(true)
              .dumb(true)
              .encoding(StandardCharsets.UTF_8)
              .graphemeCluster(false)
              .build();
    } catch (IOException e) {
      throw Input.failure("terminal", e);
    }
    if (terminal.getColumns() == 0) {
      terminal.setSize(Size.of(80, 24)); // one that does not know its size, such as a serial line
    }
    LineReaderBuilder builder =
        LineReaderBuilder.builder()
            .terminal(terminal)
            .appName("myelin")
            // words are not looked into: a message may hold any quotes and backslashes
            .parser(new DefaultParser().escapeChars(null).quoteChars(new char[0]))
            .completer(new StringsCompleter(ChatLoop.COMMANDS))
            .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true);
    Path folder = configuration(console);
    if (Files.isDirectory(folder)) {
      builder.variable(LineReader.HISTORY_FILE, folder.resolve("chat-history"));
    }
    reader = builder.build();
  }

  /** Where a history is kept, once the user has made that folder. */
  private static Path configuration(Console console) {
    String named = console.variable("XDG_CONFIG_HOME");
    Path base =
        named == null ? Path.of(System.getProperty("user.home"), ".config") : Path.of(named);
    return base.resolve("myelin");
  }

  @Override
  public boolean interactive() {
    return true;
  }

  @Override
  public String next(String prompt) throws Interrupted {
    try {
      return reader.readLine(prompt);
    } catch (EndOfFileException e) {
      return null;
    } catch (UserInterruptException e) {
      throw new Interrupted();
    }
  }

  @Override
  public void close() {
    try {
      terminal.close();
    } catch (IOException e) {
      throw Input.failure("terminal", e);
    }
  }
}

package dev.myelin.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.testing.RandomModel;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command at a terminal, which the {@code script} command of util-linux provides. */
@Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD) // a read may block
class TerminalTest {
  private static final Path SCRIPT = Path.of("/usr/bin/script");

  /** The terminal's marks of pasted text. */
  private static final String PASTE_BEGIN = "\u001b[200~";

  private static final String PASTE_END = "\u001b[201~";

  /** Sent to the terminal after a line was read. */
  private static final String REPLY_MODE = "\u001b[?2004l\u001b[?2004h";

  private final StringBuilder shown = new StringBuilder();

  @TempDir Path folder;

  private interface Keys {
    void type(OutputStream in, InputStream out) throws Exception;
  }

  private static ProcessBuilder inTerminal(Object... arguments) {
    assumeTrue(
        Files.isExecutable(SCRIPT) && Files.exists(Path.of("/proc")),
        "skipped: no /usr/bin/script of util-linux");
    String line =
        ChildProcess.myelin(List.of(), arguments).command().stream()
            .map(word -> "'" + word + "'")
            // exec: a shell that waits would report Ctrl-C as its own end
            .collect(Collectors.joining(" ", "exec ", ""));
    return new ProcessBuilder(SCRIPT.toString(), "-qec", line, "/dev/null")
        .redirectErrorStream(true);
  }

  /** Chats with a small model; typing starts at the first prompt. */
  private void chat(String term, Keys keys) throws Exception {
    chat(term, 5, keys);
  }

  private void chat(String term, int tokens, Keys keys) throws Exception {
    Path model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    Object[] chat = {"chat", "-m", model, "-n", tokens, "--temp", 0, "-t", 1, "--ignore-eos"};
    ProcessBuilder builder = inTerminal(chat);
    builder.environment().put("XDG_CONFIG_HOME", folder.resolve("config").toString());
    builder.environment().put("TERM", term);
    Process process = builder.start();
    try (OutputStream in = process.getOutputStream();
        InputStream out = process.getInputStream()) {
      await(out, "Ctrl-D ends");
      await(out, "> ");
      keys.type(in, out);
      shown.append(ChildProcess.readRemaining(out));
    }
    assertEndedWell(process, shown.toString());
  }

  @Test
  void editsLines() throws Exception {
    Path home = Files.createDirectories(folder.resolve("config/myelin"));
    chat(
        "xterm",
        (in, out) -> {
          type(in, "helo\u001bODl\n"); // the left arrow, then the missing letter
          await(out, "> ");
          type(in, "/sta\t\n"); // completed
          await(out, "context");
          await(out, "> ");
          type(in, "given up\u0003");
          await(out, "Ctrl-D or /exit ends the chat");
          await(out, "> ");
          type(in, "/exit\n");
        });
    assertThat(shown).contains("generation         5 tokens", "stopped by   length");
    assertThat(Files.readString(home.resolve("chat-history"))).contains("hello", "/exit");
  }

  @Test
  void pastedTextIsOneMessage() throws Exception {
    Path saved = folder.resolve("saved.txt");
    chat(
        "xterm",
        (in, out) -> {
          type(in, PASTE_BEGIN + "\"\"\"one\r/two\\" + PASTE_END + "\r");
          await(out, "> ");
          type(in, "\"\"\"\r");
          await(out, ". ");
          type(in, PASTE_BEGIN + "three\"\"\"" + PASTE_END + "\"\"\"\r");
          await(out, "> ");
          type(in, "/save " + saved + "\r");
          await(out, "saved 4 messages");
          await(out, "> ");
          type(in, "/exit\r");
        });
    assertThat(saved)
        .content(StandardCharsets.UTF_8)
        .contains("user:\n\"\"\"one\n/two\\\n\n", "user:\nthree\"\"\"\n\n");
  }

  /** Ctrl-C is reported once each time, and an unknown terminal prints no warnings. */
  @Test
  void reportsCtrlCOnceInUnknownTerminal() throws Exception {
    chat(
        "xterm-nobody-knows",
        (in, out) -> {
          for (int i = 0; i < 8; i++) {
            type(in, "\u0003");
            await(out, "Ctrl-D or /exit ends the chat");
            await(out, "> ");
          }
          type(in, "/exit\n");
        });
    assertThat(shown.toString().split("Ctrl-D or /exit ends the chat", -1)).hasSize(8 + 1);
    assertThat(shown).doesNotContain("infocmp", "WARNING", "org.jline");
  }

  @Test
  void dumbTerminalEchoesLineOnce() throws Exception {
    chat(
        "dumb",
        (in, out) -> {
          type(in, "once upon\n");
          await(out, "> ");
          type(in, "given up\u0003");
          await(out, "Ctrl-D or /exit ends the chat");
          await(out, "> ");
          type(in, "two\\\nlines\n");
          await(out, "> ");
          type(in, "/stats\n");
          await(out, "context");
          await(out, "> ");
          type(in, "\u0004");
        });
    assertThat(shown).containsOnlyOnce("once upon").containsOnlyOnce("lines");
    assertThat(shown).doesNotContain("\u001b");
  }

  /** Typed keys are shown at the next prompt, not within the reply. */
  @Test
  void typingDuringReplyWaits() throws Exception {
    chat(
        "xterm",
        300,
        (in, out) -> {
          type(in, "once\r");
          await(out, REPLY_MODE);
          type(in, "zzqq\r");
          await(out, "> ");
          await(out, "zzqq");
          await(out, "> ");
          type(in, "/exit\r");
        });
    assertThat(shown).containsOnlyOnce("zzqq");
  }

  /** No progress bar is drawn if results are printed meanwhile. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "stories -n 100",
        "perplexity -m D/model.gguf -f D/text.txt -c 32 --per-chunk -t 1",
        "score -m D/model.gguf -f D/text.txt --labels a,b -t 1",
      })
  void resultsStartOnNewLines(String line) throws Exception {
    RandomModel.small("llama").write(folder.resolve("model.gguf"));
    Files.writeString(folder.resolve("text.txt"), "once upon a time\n".repeat(20));
    String[] words = line.replace("D/", folder + "/").split(" ");
    Process process = inTerminal((Object[]) words).start();
    process.getOutputStream().close();
    String all = ChildProcess.readRemaining(process.getInputStream()).replace("\r\n", "\n");
    assertEndedWell(process, all);
    assertThat(all).startsWith(Outcome.of(words).out());
  }

  /** The message has one line, since failure reports show only the first. */
  private static void assertEndedWell(Process process, String output) throws Exception {
    int status = ChildProcess.exitStatus(process);
    assertThat(status)
        .as("exit status %d after %s", status, output.replace("\r", "").replace("\n", "\\n"))
        .isZero();
  }

  private static void type(OutputStream in, String keys) throws Exception {
    in.write(keys.getBytes(StandardCharsets.UTF_8));
    in.flush();
  }

  /** Reads until the text is shown after the previously awaited one. */
  private void await(InputStream out, String text) throws Exception {
    int from = shown.length();
    while (shown.indexOf(text, from) < 0) {
      int b = out.read();
      assertThat(b).as("ended while awaiting %s after: %s", text, shown).isNotNegative();
      shown.append((char) b);
    }
  }
}

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

/** The chat at a terminal, which the {@code script} command of util-linux provides. */
@Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD) // a read may wait for ever
class TerminalTest {
  private static final Path SCRIPT = Path.of("/usr/bin/script");

  private final StringBuilder shown = new StringBuilder();

  @Test
  void aConversationIsTyped(@TempDir Path folder) throws Exception {
    assumeTrue(
        Files.isExecutable(SCRIPT) && Files.exists(Path.of("/proc")),
        "skipped: no /usr/bin/script of util-linux");
    Path model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    Path home = Files.createDirectories(folder.resolve("config/myelin"));
    Object[] chat = {"chat", "-m", model, "-n", 5, "--temp", 0, "-t", 1};
    String line =
        Child.of(List.of(), chat).command().stream()
            .map(word -> "'" + word + "'")
            .collect(Collectors.joining(" "));
    ProcessBuilder builder =
        new ProcessBuilder(SCRIPT.toString(), "-qec", line, "/dev/null").redirectErrorStream(true);
    builder.environment().put("XDG_CONFIG_HOME", folder.resolve("config").toString());
    builder.environment().put("TERM", "xterm");
    Process process = builder.start();
    try (OutputStream in = process.getOutputStream();
        InputStream out = process.getInputStream()) {
      await(out, "Ctrl-D ends");
      await(out, "> ");
      type(in, "helo\u001bODl\n"); // the left arrow, then the missing letter
      await(out, "> ");
      type(in, "/sta\t\n"); // completed
      await(out, "context");
      await(out, "> ");
      type(in, "given up\u0003");
      await(out, "Ctrl-D or /exit ends");
      await(out, "> ");
      type(in, "/exit\n");
      shown.append(Child.rest(out));
    }
    assertThat(Child.status(process)).as(shown.toString()).isZero();
    assertThat(shown).contains("generation         5 tokens", "stopped by   length");
    assertThat(Files.readString(home.resolve("chat-history"))).contains("hello", "/exit");
  }

  private static void type(OutputStream in, String keys) throws Exception {
    in.write(keys.getBytes(StandardCharsets.UTF_8));
    in.flush();
  }

  /** Reads until that was shown after what was awaited before. */
  private void await(InputStream out, String text) throws Exception {
    int from = shown.length();
    while (shown.indexOf(text, from) < 0) {
      int b = out.read();
      assertThat(b).as("ended while awaiting %s after: %s", text, shown).isNotNegative();
      shown.append((char) b);
    }
  }
}

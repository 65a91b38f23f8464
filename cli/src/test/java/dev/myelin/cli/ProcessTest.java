package dev.myelin.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.testing.RandomModel;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Signals, pipes, full disks and locales, in child processes. */
@Timeout(value = 180, threadMode = ThreadMode.SEPARATE_THREAD) // a read may block
class ProcessTest {
  private static final Object[] ENDLESS = {"--ignore-eos", "-c", 100_000, "-t", 1};

  @TempDir static Path folder;
  static Path model;

  @BeforeAll
  static void write() {
    RandomModel random = RandomModel.small("llama").withContextLength(100_000);
    model = random.write(folder.resolve("model.gguf"));
  }

  private static Process startEndless(ProcessBuilder.Redirect out) throws IOException {
    Object[] line = new Object[] {"run", "-m", model, "-p", "once", "--temp", 0};
    Object[] all = java.util.Arrays.copyOf(line, line.length + ENDLESS.length);
    System.arraycopy(ENDLESS, 0, all, line.length, ENDLESS.length);
    return ChildProcess.myelin(List.of(), all).redirectOutput(out).start();
  }

  @Test
  void ctrlCKeepsTextAndStatistics() throws Exception {
    Process process = startEndless(ProcessBuilder.Redirect.PIPE);
    InputStream out = process.getInputStream();
    assertThat(new String(out.readNBytes(40), StandardCharsets.UTF_8)).startsWith("once");
    ChildProcess.signal(process, "INT");
    assertThat(ChildProcess.readRemaining(out)).endsWith("\n");
    assertThat(ChildProcess.readRemaining(process.getErrorStream()))
        .containsPattern("generation +\\d+ tokens +[\\d.]+ tokens/s\n")
        .containsPattern("stopped by +cancelled\n");
    assertThat(ChildProcess.exitStatus(process)).isZero();
  }

  @Test
  void signalsSaveTheChat() throws Exception {
    for (String signal : List.of("INT", "TERM")) {
      Path file = folder.resolve(signal + ".chat");
      Object[] line = {"chat", "-m", model, "-t", 1, "-n", 4, "--session", file};
      Process process = ChildProcess.myelin(List.of(), line).start();
      OutputStream in = process.getOutputStream();
      in.write("hello\n".getBytes(StandardCharsets.UTF_8));
      in.flush();
      process.getInputStream().read(); // the reply has begun
      Thread.sleep(500);
      ChildProcess.signal(process, signal); // while it waits for the next message
      assertThat(ChildProcess.readRemaining(process.getErrorStream()))
          .endsWith("saved " + file + ": 2 messages\n");
      assertThat(ChildProcess.exitStatus(process)).isEqualTo(signal.equals("INT") ? 130 : 143);
      assertThat(file).exists();
    }
  }

  @Test
  void rejectsUnsupportedIsa() throws Exception {
    Object[][] commands = {
      {"run", "-m", model, "-p", "once", "-n", 1},
      {"info"},
      {"bench", "-m", model, "-p", 1, "-n", 1}
    };
    for (Object[] command : commands) {
      ProcessBuilder builder = ChildProcess.myelin(List.of(), command);
      builder.environment().put("MYELIN_ISA", "avx1024");
      Process process = builder.start();
      ChildProcess.readRemaining(process.getInputStream());
      assertThat(ChildProcess.readRemaining(process.getErrorStream()))
          .startsWith("myelin: MYELIN_ISA avx1024: this CPU supports ")
          .endsWith(", scalar, none\n")
          .hasLineCount(1);
      assertThat(ChildProcess.exitStatus(process)).isEqualTo(1);
    }
  }

  @Test
  void benchSelectsIsa() throws Exception {
    Object[] arguments = {
      "bench", "-m", model, "-p", 1, "-n", 0, "-r", 1, "-o", "jsonl", "--isa", "scalar"
    };
    Process process = ChildProcess.myelin(List.of(), arguments).start();
    assertThat(ChildProcess.readRemaining(process.getInputStream())).contains("\"isa\":\"scalar\"");
    assertThat(ChildProcess.exitStatus(process)).isZero();
    arguments[arguments.length - 1] = "avx1024";
    process = ChildProcess.myelin(List.of(), arguments).start();
    assertThat(ChildProcess.readRemaining(process.getErrorStream()))
        .startsWith("myelin bench: isa avx1024: this CPU supports ")
        .contains(", scalar, none ")
        .hasLineCount(1);
    assertThat(ChildProcess.exitStatus(process)).isEqualTo(2);
  }

  @Test
  void brokenPipeEndsQuietly() throws Exception {
    Process process = startEndless(ProcessBuilder.Redirect.PIPE);
    process.getInputStream().readNBytes(20);
    process.getInputStream().close();
    assertThat(ChildProcess.readRemaining(process.getErrorStream())).isEmpty();
    assertThat(ChildProcess.exitStatus(process)).isZero();
  }

  @Test
  void reportsFullDisk() throws Exception {
    File full = new File("/dev/full");
    assumeTrue(full.exists(), "skipped: this system has no /dev/full");
    Process process = startEndless(ProcessBuilder.Redirect.to(full));
    assertThat(ChildProcess.readRemaining(process.getErrorStream()))
        .isEqualTo("myelin: standard output: No space left on device\n");
    assertThat(ChildProcess.exitStatus(process)).isEqualTo(1);
  }

  @Test
  void writesUtf8InAnyLocale() throws Exception {
    ProcessBuilder builder =
        ChildProcess.myelin(List.of(), "run", "-m", model, "-f", "-", "-n", 0, "--verbose");
    builder.environment().put("LC_ALL", "C");
    Process process = builder.start();
    try (OutputStream in = process.getOutputStream()) {
      in.write("größe 世界".getBytes(StandardCharsets.UTF_8));
    }
    assertThat(ChildProcess.readRemaining(process.getInputStream())).isEqualTo("größe 世界\n");
    assertThat(ChildProcess.exitStatus(process)).isZero();
  }

  @Test
  void chatReadsPipe() throws Exception {
    Process process =
        ChildProcess.myelin(List.of(), "chat", "-m", model, "-n", 5, "--temp", 0, "-t", 1).start();
    try (OutputStream in = process.getOutputStream()) {
      in.write("hello\n/stats\n".getBytes(StandardCharsets.UTF_8));
    }
    assertThat(ChildProcess.readRemaining(process.getInputStream()))
        .isNotEmpty()
        .doesNotContain("> ", "\u001b");
    assertThat(ChildProcess.readRemaining(process.getErrorStream()))
        .contains("generation         5 tokens");
    assertThat(ChildProcess.exitStatus(process)).isZero();
  }

  @Test
  void ctrlCStopsOnlyTheReply() throws Exception {
    Object[] line = {"chat", "-m", model, "--temp", 0, "--ignore-eos", "-c", 100_000, "-t", 1};
    Process process = ChildProcess.myelin(List.of(), line).start();
    OutputStream in = process.getOutputStream();
    in.write("once\n".getBytes(StandardCharsets.UTF_8));
    in.flush();
    process.getInputStream().readNBytes(40);
    ChildProcess.signal(process, "INT");
    in.write("/stats\n/exit\n".getBytes(StandardCharsets.UTF_8));
    in.close();
    ChildProcess.readRemaining(process.getInputStream());
    assertThat(ChildProcess.readRemaining(process.getErrorStream()))
        .contains("stopped by   cancelled\n");
    assertThat(ChildProcess.exitStatus(process)).isZero();
  }

  @Test
  void reportsOutOfMemory() throws Exception {
    Path text = folder.resolve("large.txt");
    try (RandomAccessFile file = new RandomAccessFile(text.toFile(), "rw")) {
      file.setLength(100 << 20);
    }
    Process process =
        ChildProcess.myelin(List.of("-Xmx32m"), "run", "-m", model, "-f", text).start();
    assertThat(ChildProcess.readRemaining(process.getInputStream())).isEmpty();
    assertThat(ChildProcess.readRemaining(process.getErrorStream()))
        .startsWith("myelin: out of memory: ")
        .hasLineCount(1);
    assertThat(ChildProcess.exitStatus(process)).isEqualTo(1);
    Files.delete(text);
  }

  @ParameterizedTest
  @CsvSource({"INT, INT, 130", "TERM, INT, 130", "HUP, TERM, 143", "INT, HUP, 129"})
  void secondSignalEndsProcess(String first, String second, int status) throws Exception {
    Path out = Files.writeString(folder.resolve("out"), "an older file");
    Process process = ChildProcess.ofClass(HangingProgram.class.getName(), List.of(), out).start();
    BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
    assertThat(lines.readLine()).isEqualTo("ready");
    assertThat(partialFiles()).hasSize(1);
    ChildProcess.signal(process, first);
    assertThat(lines.readLine()).isEqualTo("interrupted");
    ChildProcess.signal(process, second);
    assertThat(lines.readLine()).isEqualTo("cleanup");
    assertThat(ChildProcess.exitStatus(process)).isEqualTo(status);
    assertThat(lines.readLine()).isNull();
    assertThat(partialFiles()).isEmpty();
    assertThat(out).hasContent("an older file");
  }

  private static List<Path> partialFiles() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(f -> f.toString().endsWith(".part")).toList();
    }
  }

  @ParameterizedTest
  @CsvSource({"TERM, 143", "HUP, 129"})
  void sigtermAndSighupEndGeneration(String signal, int status) throws Exception {
    Process process = startEndless(ProcessBuilder.Redirect.PIPE);
    InputStream out = process.getInputStream();
    out.readNBytes(40);
    ChildProcess.signal(process, signal);
    assertThat(ChildProcess.readRemaining(out)).endsWith("\n");
    assertThat(ChildProcess.readRemaining(process.getErrorStream()))
        .containsPattern("stopped by +cancelled\n");
    assertThat(ChildProcess.exitStatus(process)).isEqualTo(status);
  }

  @Test
  void sigtermEndsConversation() throws Exception {
    Object[] line = {"chat", "-m", model, "--temp", 0, "--ignore-eos", "-c", 100_000, "-t", 1};
    Process process = ChildProcess.myelin(List.of(), line).start();
    OutputStream in = process.getOutputStream();
    in.write("once\nupon\n".getBytes(StandardCharsets.UTF_8));
    in.flush();
    process.getInputStream().readNBytes(40);
    ChildProcess.signal(process, "TERM");
    ChildProcess.readRemaining(process.getInputStream());
    ChildProcess.readRemaining(process.getErrorStream());
    assertThat(ChildProcess.exitStatus(process)).isEqualTo(143);
  }

  @ParameterizedTest
  @CsvSource({"INT, 130", "TERM, 143", "HUP, 129"})
  void signalRemovesPartialFile(String signal, int status) throws Exception {
    Path out = Files.writeString(folder.resolve("stories.txt"), "an older file");
    Process process =
        ChildProcess.myelin(List.of(), "stories", "-n", 100_000_000, "-o", out).start();
    while (process.isAlive() && partialFiles().isEmpty()) {
      Thread.sleep(20);
    }
    ChildProcess.signal(process, signal);
    assertThat(ChildProcess.readRemaining(process.getErrorStream())).isEmpty();
    assertThat(ChildProcess.exitStatus(process)).isEqualTo(status);
    assertThat(partialFiles()).isEmpty();
    assertThat(out).hasContent("an older file");
  }

  @Test
  void appendsToDevStdout() throws Exception {
    assumeTrue(Files.exists(Path.of("/dev/stdout")), "skipped: no /dev/stdout");
    File file = Files.writeString(folder.resolve("appended"), "before\n").toFile();
    Process process =
        ChildProcess.myelin(List.of(), "stories", "-n", 2, "-o", "/dev/stdout")
            .redirectOutput(ProcessBuilder.Redirect.appendTo(file))
            .start();
    assertThat(ChildProcess.readRemaining(process.getErrorStream())).isEmpty();
    assertThat(ChildProcess.exitStatus(process)).isZero();
    assertThat(file).hasContent("before\n" + Outcome.of("stories", "-n", 2).out());
  }
}

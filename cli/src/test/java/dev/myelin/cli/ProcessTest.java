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

/** What only a process shows: signals, pipes, full disks, locales. */
@Timeout(value = 180, threadMode = ThreadMode.SEPARATE_THREAD) // a read may wait for ever
class ProcessTest {
  private static final Object[] ENDLESS = {"--ignore-eos", "-c", 100_000, "-t", 1};

  @TempDir static Path folder;
  static Path model;

  @BeforeAll
  static void write() {
    RandomModel random = RandomModel.small("llama");
    model =
        random
            .withShape(random.shape().withContextLength(100_000))
            .write(folder.resolve("model.gguf"));
  }

  private static Process endless(ProcessBuilder.Redirect out) throws IOException {
    Object[] line = new Object[] {"run", "-m", model, "-p", "once", "--temp", 0};
    Object[] all = java.util.Arrays.copyOf(line, line.length + ENDLESS.length);
    System.arraycopy(ENDLESS, 0, all, line.length, ENDLESS.length);
    return Child.of(List.of(), all).redirectOutput(out).start();
  }

  @Test
  void ctrlCEndsTheGenerationAndKeepsTextAndStatistics() throws Exception {
    Process process = endless(ProcessBuilder.Redirect.PIPE);
    InputStream out = process.getInputStream();
    assertThat(new String(out.readNBytes(40), StandardCharsets.UTF_8)).startsWith("once");
    Child.signal(process, "INT");
    assertThat(Child.rest(out)).endsWith("\n");
    assertThat(Child.rest(process.getErrorStream()))
        .containsPattern("generation +\\d+ tokens +[\\d.]+ tokens/s\n")
        .containsPattern("stopped by +cancelled\n");
    assertThat(Child.status(process)).isZero();
  }

  @Test
  void kernelsThatThisCpuLacksAreRefused() throws Exception {
    Object[][] commands = {
      {"run", "-m", model, "-p", "once", "-n", 1},
      {"info"},
      {"bench", "-m", model, "-p", 1, "-n", 1}
    };
    for (Object[] command : commands) {
      ProcessBuilder builder = Child.of(List.of(), command);
      builder.environment().put("MYELIN_ISA", "avx1024");
      Process process = builder.start();
      Child.rest(process.getInputStream());
      assertThat(Child.rest(process.getErrorStream()))
          .startsWith("myelin: MYELIN_ISA avx1024: this CPU supports ")
          .endsWith(", scalar, none\n")
          .hasLineCount(1);
      assertThat(Child.status(process)).isEqualTo(1);
    }
  }

  @Test
  void aReaderThatLeavesEndsItQuietly() throws Exception {
    Process process = endless(ProcessBuilder.Redirect.PIPE);
    process.getInputStream().readNBytes(20);
    process.getInputStream().close();
    assertThat(Child.rest(process.getErrorStream())).isEmpty();
    assertThat(Child.status(process)).isZero();
  }

  @Test
  void aFullDiskIsAnError() throws Exception {
    File full = new File("/dev/full");
    assumeTrue(full.exists(), "skipped: this system has no /dev/full");
    Process process = endless(ProcessBuilder.Redirect.to(full));
    assertThat(Child.rest(process.getErrorStream()))
        .isEqualTo("myelin: standard output: No space left on device\n");
    assertThat(Child.status(process)).isEqualTo(1);
  }

  @Test
  void outputIsUtf8WhateverTheLocaleSays() throws Exception {
    ProcessBuilder builder =
        Child.of(List.of(), "run", "-m", model, "-f", "-", "-n", 0, "--verbose");
    builder.environment().put("LC_ALL", "C");
    Process process = builder.start();
    try (OutputStream in = process.getOutputStream()) {
      in.write("größe 世界".getBytes(StandardCharsets.UTF_8));
    }
    assertThat(Child.rest(process.getInputStream())).isEqualTo("größe 世界\n");
    assertThat(Child.status(process)).isZero();
  }

  @Test
  void chatReadsAPipe() throws Exception {
    Process process =
        Child.of(List.of(), "chat", "-m", model, "-n", 5, "--temp", 0, "-t", 1).start();
    try (OutputStream in = process.getOutputStream()) {
      in.write("hello\n/stats\n".getBytes(StandardCharsets.UTF_8));
    }
    assertThat(Child.rest(process.getInputStream())).isNotEmpty().doesNotContain("> ", "\u001b");
    assertThat(Child.rest(process.getErrorStream())).contains("generation         5 tokens");
    assertThat(Child.status(process)).isZero();
  }

  @Test
  void ctrlCStopsAReplyAndTheNextMessageIsAnswered() throws Exception {
    Object[] line = {"chat", "-m", model, "--temp", 0, "--ignore-eos", "-c", 100_000, "-t", 1};
    Process process = Child.of(List.of(), line).start();
    OutputStream in = process.getOutputStream();
    in.write("once\n".getBytes(StandardCharsets.UTF_8));
    in.flush();
    process.getInputStream().readNBytes(40);
    Child.signal(process, "INT");
    in.write("/stats\n/exit\n".getBytes(StandardCharsets.UTF_8));
    in.close();
    Child.rest(process.getInputStream());
    assertThat(Child.rest(process.getErrorStream())).contains("stopped by   cancelled\n");
    assertThat(Child.status(process)).isZero();
  }

  @Test
  void tooLittleMemoryIsOneLine() throws Exception {
    Path text = folder.resolve("large.txt");
    try (RandomAccessFile file = new RandomAccessFile(text.toFile(), "rw")) {
      file.setLength(100 << 20);
    }
    Process process = Child.of(List.of("-Xmx32m"), "run", "-m", model, "-f", text).start();
    assertThat(Child.rest(process.getInputStream())).isEmpty();
    assertThat(Child.rest(process.getErrorStream()))
        .startsWith("myelin: out of memory: ")
        .hasLineCount(1);
    assertThat(Child.status(process)).isEqualTo(1);
    Files.delete(text);
  }

  @ParameterizedTest
  @CsvSource({"INT, INT, 130", "TERM, INT, 130", "HUP, TERM, 143", "INT, HUP, 129"})
  void aSecondSignalEndsItWhateverItIsDoing(String first, String second, int status)
      throws Exception {
    Path out = Files.writeString(folder.resolve("out"), "an older file");
    Process process = Child.running(Interruptible.class.getName(), List.of(), out).start();
    BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
    assertThat(lines.readLine()).isEqualTo("ready");
    assertThat(unfinished()).hasSize(1);
    Child.signal(process, first);
    assertThat(lines.readLine()).isEqualTo("interrupted");
    Child.signal(process, second);
    assertThat(lines.readLine()).isEqualTo("put back");
    assertThat(Child.status(process)).isEqualTo(status);
    assertThat(lines.readLine()).isNull();
    assertThat(unfinished()).isEmpty();
    assertThat(out).hasContent("an older file");
  }

  private static List<Path> unfinished() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(f -> f.toString().endsWith(".part")).toList();
    }
  }

  @ParameterizedTest
  @CsvSource({"TERM, 143", "HUP, 129"})
  void otherSignalsEndTheGenerationAsCtrlCDoes(String signal, int status) throws Exception {
    Process process = endless(ProcessBuilder.Redirect.PIPE);
    InputStream out = process.getInputStream();
    out.readNBytes(40);
    Child.signal(process, signal);
    assertThat(Child.rest(out)).endsWith("\n");
    assertThat(Child.rest(process.getErrorStream())).containsPattern("stopped by +cancelled\n");
    assertThat(Child.status(process)).isEqualTo(status);
  }

  @Test
  void sigtermEndsAConversationAndNotOnlyAReply() throws Exception {
    Object[] line = {"chat", "-m", model, "--temp", 0, "--ignore-eos", "-c", 100_000, "-t", 1};
    Process process = Child.of(List.of(), line).start();
    OutputStream in = process.getOutputStream();
    in.write("once\nupon\n".getBytes(StandardCharsets.UTF_8));
    in.flush();
    process.getInputStream().readNBytes(40);
    Child.signal(process, "TERM");
    Child.rest(process.getInputStream());
    Child.rest(process.getErrorStream());
    assertThat(Child.status(process)).isEqualTo(143);
  }

  @ParameterizedTest
  @CsvSource({"INT, 130", "TERM, 143", "HUP, 129"})
  void aSignalLeavesNoHalfFile(String signal, int status) throws Exception {
    Path out = Files.writeString(folder.resolve("stories.txt"), "an older file");
    Process process = Child.of(List.of(), "stories", "-n", 100_000_000, "-o", out).start();
    while (process.isAlive() && unfinished().isEmpty()) {
      Thread.sleep(20);
    }
    Child.signal(process, signal);
    assertThat(Child.rest(process.getErrorStream())).isEmpty();
    assertThat(Child.status(process)).isEqualTo(status);
    assertThat(unfinished()).isEmpty();
    assertThat(out).hasContent("an older file");
  }

  @Test
  void standardOutputByNameIsAppendedTo() throws Exception {
    assumeTrue(Files.exists(Path.of("/dev/stdout")), "skipped: no /dev/stdout");
    File file = Files.writeString(folder.resolve("appended"), "before\n").toFile();
    Process process =
        Child.of(List.of(), "stories", "-n", 2, "-o", "/dev/stdout")
            .redirectOutput(ProcessBuilder.Redirect.appendTo(file))
            .start();
    assertThat(Child.rest(process.getErrorStream())).isEmpty();
    assertThat(Child.status(process)).isZero();
    assertThat(file).hasContent("before\n" + Outcome.of("stories", "-n", 2).out());
  }
}

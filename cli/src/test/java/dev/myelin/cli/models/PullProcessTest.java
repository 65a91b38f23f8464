package dev.myelin.cli.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.cli.ChildProcess;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.TestHub;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;

/** Downloads by processes: Ctrl-C, two at once, a full disk, and what a start loads. */
@Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
class PullProcessTest {
  private static final List<String> JVM = List.of("-XX:TieredStopAtLevel=1", "-XX:-UsePerfData");
  private static final String REPO = "org/repo";

  @TempDir Path folder;
  private final TestHub server = new TestHub();
  private byte[] model;

  @BeforeEach
  void addModel() throws IOException {
    byte[] small = Files.readAllBytes(RandomModel.small("llama").write(folder.resolve("m.gguf")));
    model = Arrays.copyOf(small, 8 << 20); // bytes after the tensors are allowed
    byte[] tail = new byte[model.length - small.length];
    new Random(1).nextBytes(tail);
    System.arraycopy(tail, 0, model, small.length, tail.length);
    server.add(REPO, "m-Q4_K_M.gguf", model);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Process pull(String... prefix) throws IOException {
    List<String> command = new ArrayList<>(List.of(prefix));
    ProcessBuilder builder = ChildProcess.myelin(JVM, "pull", REPO);
    command.addAll(builder.command());
    builder.command(command);
    builder
        .environment()
        .putAll(
            Map.of(
                "MYELIN_MODELS",
                folder.resolve("models").toString(),
                "MYELIN_ENDPOINT",
                server.uri().toString()));
    return builder.start();
  }

  private Process startOrSkip(String... prefix) {
    try {
      return pull(prefix);
    } catch (IOException e) {
      return abort("skipped: no unshare");
    }
  }

  private long sent() {
    return server.downloads().stream().filter(r -> r.range() != null).count();
  }

  @Test
  void ctrlCKeepsWhatIsThere() throws Exception {
    server.delayMillis = 10;
    Process process = pull();
    while (process.isAlive() && sent() < 2) { // the header, then the file
      Thread.sleep(20);
    }
    Thread.sleep(300);
    ChildProcess.signal(process, "INT");
    assertThat(ChildProcess.readRemaining(process.getErrorStream()))
        .containsPattern(
            "myelin: org/repo:Q4_K_M: interrupted; \\d{5,} of 8388608 bytes are kept, and the next"
                + " pull continues\n"
                + "$");
    assertThat(ChildProcess.exitStatus(process)).isEqualTo(130);
    assertThat(process.getInputStream().readAllBytes()).isEmpty();
    server.delayMillis = 0;
    server.requests.clear();
    process = pull();
    assertThat(ChildProcess.readRemaining(process.getErrorStream())).contains(" of it missing");
    assertThat(ChildProcess.exitStatus(process)).isZero();
    Path file = Path.of(ChildProcess.readRemaining(process.getInputStream()).strip());
    assertThat(file).hasBinaryContent(model);
    assertThat(server.downloads().getLast().range()).doesNotStartWith("bytes=0-");
  }

  @Test
  void twoProcessesShareOneDownload() throws Exception {
    server.delayMillis = 4;
    Process first = pull();
    Process second = pull();
    String errors =
        ChildProcess.readRemaining(first.getErrorStream())
            + ChildProcess.readRemaining(second.getErrorStream());
    assertThat(errors).doesNotContain("myelin:"); // PullTest checks that one waits
    assertThat(ChildProcess.exitStatus(first)).isZero();
    assertThat(ChildProcess.exitStatus(second)).isZero();
    assertThat(ChildProcess.readRemaining(first.getInputStream()))
        .isEqualTo(ChildProcess.readRemaining(second.getInputStream()));
    long whole =
        server.downloads().stream()
            .filter(r -> ("bytes=0-" + (model.length - 1)).equals(r.range()))
            .count();
    assertThat(whole).isEqualTo(1);
  }

  @Test
  void reportsAFullDisk() throws Exception {
    Path disk = Files.createDirectory(folder.resolve("models"));
    String script = "mount -t tmpfs -o size=4m tmpfs \"$1\" || exit 9; shift; \"$@\"";
    String[] prefix = {
      "unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", disk.toString()
    };
    Process process = startOrSkip(prefix);
    String err = ChildProcess.readRemaining(process.getErrorStream());
    int status = ChildProcess.exitStatus(process);
    assumeTrue(
        status != 9 && !err.contains("unshare failed"), "skipped: no mounts for this user here");
    assertThat(status).isEqualTo(1);
    assertThat(err)
        .contains("free on the disk: not enough")
        .containsPattern("no space left on device: \\d+ bytes are needed, \\d+ are free\n$");
  }

  @Test
  void keepsWhatIsThereWhenTheDiskFills() throws Exception {
    server.delayMillis = 5;
    Path disk = Files.createDirectory(folder.resolve("models"));
    String script =
        "d=$1; mount -t tmpfs -o size=9m tmpfs \"$d\" || exit 9; shift; \"$@\" & pid=$!; until ["
            + " \"$(cat \"$d\"/blobs/*/*.part | tr -d '\\0' | head -c 9 | wc -c)\" = 9 ]; do sleep"
            + " 0.1; done 2>/dev/null; head -c 9000000 /dev/zero > \"$d/fill\" 2>/dev/null; wait"
            + " $pid; status=$?; ls \"$d\"/blobs/*; exit $status";
    Process process =
        startOrSkip(
            "unshare",
            "--user",
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
            script,
            "sh",
            disk.toString());
    String err = ChildProcess.readRemaining(process.getErrorStream());
    String out = ChildProcess.readRemaining(process.getInputStream());
    int status = ChildProcess.exitStatus(process);
    assumeTrue(
        status != 9 && !err.contains("unshare failed"), "skipped: no mounts for this user here");
    assertThat(err)
        .containsPattern(
            "m-Q4_K_M.gguf.part: cannot be written: no space left on device; \\d+ of 8388608 bytes"
                + " are kept, and the next pull continues\n"
                + "$");
    assertThat(status).isEqualTo(1);
    assertThat(out).isEqualTo("m-Q4_K_M.gguf.part\nm-Q4_K_M.gguf.part.json\n");
  }

  @Test
  void reportsAFileThatCannotGrow() throws Exception {
    // the shell's limit of a file's size is in blocks of 512 or 1024 bytes
    Process process = pull("sh", "-c", "ulimit -f 4096; exec \"$@\"", "sh");
    String err = ChildProcess.readRemaining(process.getErrorStream());
    assertThat(err).contains("m-Q4_K_M.gguf: cannot be written: file too large");
    assertThat(ChildProcess.exitStatus(process)).isEqualTo(1);
  }

  @Test
  void aFileLoadsNothingOfTheHub() throws Exception {
    Process process =
        ChildProcess.myelin(
                List.of("-Xlog:class+load:file=" + folder.resolve("classes.log")),
                "run",
                "-m",
                folder.resolve("m.gguf"),
                "-p",
                "once",
                "-n",
                1)
            .start();
    ChildProcess.readRemaining(process.getErrorStream());
    assertThat(ChildProcess.exitStatus(process)).isZero();
    assertThat(Files.readString(folder.resolve("classes.log")))
        .contains("dev.myelin.cli.options.ModelOptions ")
        .doesNotContain(
            "dev.myelin.hub", "java.net.http", "jackson.core.JsonFactory", "NamedModel");
  }
}

package dev.myelin.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.testing.EnglishText;
import dev.myelin.testing.RandomModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Full and read-only disks, in a mount namespace of the child process. */
class FullDiskTest {
  private static final String TRAIN =
      " --vocab-size 320 --layers 1 --width 32 --heads 4 -n 5 -c 32 -b 2 -t 1";

  @TempDir static Path folder;
  static Path disk;

  @BeforeAll
  static void write() throws Exception {
    disk = Files.createDirectory(folder.resolve("disk"));
    RandomModel.small("llama").write(folder.resolve("model.gguf"));
    Files.writeString(folder.resolve("text.txt"), new EnglishText(3).stories(20_000));
    Process mounted;
    try {
      mounted = onSmallDisk("size=8k", "true").start();
    } catch (IOException e) {
      assumeTrue(false, "skipped: no unshare");
      return;
    }
    mounted.getInputStream().readAllBytes();
    assumeTrue(mounted.waitFor() == 0, "skipped: no mounts for this user here");
  }

  /** Runs a command on the small disk and then lists the disk's files. */
  private static ProcessBuilder onSmallDisk(String options, String... command) {
    String script =
        "d=$1; o=$2; shift 2; mount -t tmpfs -o size=8k tmpfs \"$d\" || exit 9; echo old >"
            + " \"$d/old\"; mount -o remount,$o \"$d\" || exit 9; \"$@\"; status=$?; ls -A \"$d\";"
            + " cat \"$d/old\"; exit $status";
    List<String> prefix =
        List.of("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh");
    return new ProcessBuilder(
        Stream.of(prefix.stream(), Stream.of(disk.toString(), options), Stream.of(command))
            .flatMap(s -> s)
            .toList());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "size=8k | train F/text.txt -o F/disk/x.gguf"
            + TRAIN
            + " | x.state.gguf: cannot be written: no space left on device: ",
        "size=8k | quantize F/model.gguf F/disk/old F32 | old: cannot be written: no space left on"
            + " device: ",
        "size=8k | imatrix -m F/model.gguf -f F/text.txt -c 32 -o F/disk/x | x: cannot be written:"
            + " no space left on device: ",
        "size=8k | stories -n 500 -o F/disk/old | old: cannot be written: no space left on"
            + " device",
        "size=8k | logits -m F/model.gguf --tokens"
            + " 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33"
            + " -o F/disk/old | old: cannot be written: no space left on device: ",
        "ro | stories -o F/disk/old | old: cannot be written: read-only file system",
        "ro | train F/text.txt -o F/disk/x.gguf"
            + TRAIN
            + " | x.gguf: cannot be written: read-only file system",
        "ro | inspect F/model.gguf --html F/disk/x | x: cannot be written: read-only file system",
      })
  void keepsOlderFileWhenDiskIsFull(String options, String line, String message) throws Exception {
    Object[] words = line.replace("F/", folder + "/").split(" +");
    String[] child =
        ChildProcess.myelin(List.of("-XX:-UsePerfData"), words).command().toArray(String[]::new);
    Process process = onSmallDisk(options, child).start();
    String out = ChildProcess.readRemaining(process.getInputStream());
    String err = ChildProcess.readRemaining(process.getErrorStream());
    assertThat(err.lines().reduce("", (a, b) -> b) + "\n")
        .startsWith("myelin: " + disk)
        .contains(message);
    assertThat(err).doesNotContain("loss ");
    assertThat(ChildProcess.exitStatus(process)).isEqualTo(1);
    assertThat(out).isEqualTo("old\nold\n");
  }
}

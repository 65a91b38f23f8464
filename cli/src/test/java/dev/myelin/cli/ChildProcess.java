package dev.myelin.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs the command in a child process, with the class path of the tests. */
public final class ChildProcess {
  private static final long TIMEOUT_SECONDS = 120;

  /** Bits of SIGHUP, SIGINT and SIGTERM. */
  private static final long SIGNALS = 1L | 1L << (2 - 1) | 1L << (15 - 1);

  private ChildProcess() {}

  /** The process with these JVM options and arguments. */
  public static ProcessBuilder myelin(List<String> jvm, Object... arguments) {
    return ofClass("dev.myelin.cli.Myelin", jvm, arguments);
  }

  /** The same with another main class. */
  static ProcessBuilder ofClass(String main, List<String> jvm, Object... arguments) {
    assumeFalse(
        System.getProperty("os.name").startsWith("Windows"),
        "skipped: needs the signals and devices of a POSIX system");
    List<String> line = new ArrayList<>();
    if (areSignalsIgnored()) {
      // inherited if the tests run in the background of a script, or with nohup
      line.addAll(List.of("env", "--default-signal=INT,HUP,TERM"));
    }
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // short commands are compiled as the launcher has them compiled
    line.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    line.add("--enable-native-access=ALL-UNNAMED");
    line.add("-Dmyelin.home=" + System.getProperty("myelin.home"));
    line.addAll(jvm);
    line.addAll(List.of("-cp", System.getProperty("java.class.path")));
    line.add(main);
    for (Object argument : arguments) {
      line.add(argument.toString());
    }
    return new ProcessBuilder(line);
  }

  public static void signal(Process process, String name) throws Exception {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
    assertThat(kill.waitFor()).as("kill found the process").isZero();
  }

  /** Waits for the end and returns the exit status; a process that hangs is killed. */
  public static int exitStatus(Process process) throws InterruptedException {
    if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("the process did not end within " + TIMEOUT_SECONDS + " s");
    }
    return process.exitValue();
  }

  public static String readRemaining(InputStream in) throws IOException {
    return new String(in.readAllBytes(), StandardCharsets.UTF_8);
  }

  private static boolean areSignalsIgnored() {
    try {
      return Files.readAllLines(Path.of("/proc/self/status")).stream()
          .filter(l -> l.startsWith("SigIgn:"))
          .anyMatch(l -> (Long.parseUnsignedLong(l.split("\\s+")[1], 16) & SIGNALS) != 0);
    } catch (IOException e) {
      return false; // not Linux
    }
  }
}

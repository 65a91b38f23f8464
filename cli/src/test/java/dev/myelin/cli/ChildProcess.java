package dev.myelin.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Runs the command in a child process: the jar with its AOT cache, which starts in half of the
 * time, if they are newer than the classes under test; else these.
 */
public final class ChildProcess {
  private static final long TIMEOUT_SECONDS = 120;

  /** Bits of SIGHUP, SIGINT and SIGTERM. */
  private static final long SIGNALS = 1L | 1L << (2 - 1) | 1L << (15 - 1);

  private static final List<String> CLASSES = List.of("-cp", System.getProperty("java.class.path"));

  private static final List<String> JAR = jar();

  private ChildProcess() {}

  private static List<String> jar() {
    Path home = Path.of(System.getProperty("myelin.home"));
    Path cache = home.resolve("cli/target/myelin.aot");
    if (!Files.exists(cache)) {
      return CLASSES;
    }
    long built = cache.toFile().lastModified();
    for (String module : List.of("bindings", "engine", "cli")) {
      try (Stream<Path> files = Files.walk(home.resolve(module + "/target/classes"))) {
        if (files.map(Path::toFile).anyMatch(f -> f.isFile() && f.lastModified() > built)) {
          return CLASSES;
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return List.of(
        "-Xlog:disable", // what the JVM says of the cache is no output of the command
        "-XX:AOTCache=" + cache,
        "-cp",
        home.resolve("cli/target/myelin.jar").toString());
  }

  /** The process with these JVM options and arguments. */
  public static ProcessBuilder myelin(List<String> jvm, Object... arguments) {
    return start(JAR, "dev.myelin.cli.Myelin", jvm, arguments);
  }

  /** Any main class, with the class path of the tests. */
  public static ProcessBuilder ofClass(String main, List<String> jvm, Object... arguments) {
    return start(CLASSES, main, jvm, arguments);
  }

  private static ProcessBuilder start(
      List<String> classes, String main, List<String> jvm, Object... arguments) {
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
    line.addAll(classes);
    line.addAll(jvm);
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

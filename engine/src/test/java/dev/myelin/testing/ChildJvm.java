package dev.myelin.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs a test program in a child JVM. */
public final class ChildJvm {
  /** The JVM option that denies native access. */
  public static final String DENY_NATIVE_ACCESS = "--illegal-native-access=deny";

  private ChildJvm() {}

  /**
   * Runs a program and asserts that it exits with status 0.
   *
   * @param seconds time limit between the end of its output and its exit
   * @param options JVM options, such as {@code -Xmx64m}
   * @return its output
   */
  public static String run(Class<?> main, int seconds, List<String> options, Object... arguments)
      throws IOException, InterruptedException {
    return run(Map.of(), main, seconds, options, arguments);
  }

  /** Runs a program with additional environment variables. */
  public static String run(
      Map<String, String> environment,
      Class<?> main,
      int seconds,
      List<String> options,
      Object... arguments)
      throws IOException, InterruptedException {
    ProcessBuilder builder = builder(main, options, arguments).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(seconds, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    return output;
  }

  /** The command that runs a program with this JVM's class path. */
  public static ProcessBuilder builder(Class<?> main, List<String> options, Object... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // most programs end before the second compiler's work pays
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    if (!options.contains(DENY_NATIVE_ACCESS)) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.add("-Dmyelin.home=" + System.getProperty("myelin.home", ".."));
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    return new ProcessBuilder(command);
  }
}

package dev.myelin.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs a class of the tests in a JVM of its own, whose memory and end are its own too. */
public final class OwnJvm {
  /** An option with which the JVM denies native access. */
  public static final String DENIED = "--illegal-native-access=deny";

  private OwnJvm() {}

  /**
   * Runs it, and expects that it ends by itself and without an error.
   *
   * @param seconds how long it may take once it has said all
   * @param options of the JVM, such as {@code -Xmx64m}
   * @return what it printed
   */
  public static String run(Class<?> main, int seconds, List<String> options, Object... arguments)
      throws IOException, InterruptedException {
    return run(Map.of(), main, seconds, options, arguments);
  }

  /** The same, with these variables added to its environment. */
  public static String run(
      Map<String, String> environment,
      Class<?> main,
      int seconds,
      List<String> options,
      Object... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (!options.contains(DENIED)) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.add("-Dmyelin.home=" + System.getProperty("myelin.home", ".."));
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(seconds, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(said).isZero();
    return said;
  }
}

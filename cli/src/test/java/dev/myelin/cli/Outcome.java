package dev.myelin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.cli.io.Console;
import dev.myelin.gguf.Checkpoint;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The result of a command line, run in this process. */
public record Outcome(int status, byte[] bytes, String err) {

  public static Outcome of(String... args) {
    return withInput("", args);
  }

  /** The same with arguments of any type, such as paths. */
  public static Outcome of(Object first, Object... more) {
    return of(
        Stream.concat(Stream.of(first), Arrays.stream(more))
            .map(Object::toString)
            .toArray(String[]::new));
  }

  public static Outcome withInput(String input, String... args) {
    return withInput(input.getBytes(StandardCharsets.UTF_8), Map.of(), args);
  }

  /** The same with a bundled model; the other methods have none. */
  public static Outcome withBundledModel(
      Checkpoint bundled, Map<String, String> environment, Object... args) {
    return withInput(
        new byte[0],
        environment,
        Optional.of(bundled),
        Arrays.stream(args).map(Object::toString).toArray(String[]::new));
  }

  public static Outcome withInput(byte[] input, Map<String, String> environment, String... args) {
    return withInput(input, environment, Optional.empty(), args);
  }

  private static Outcome withInput(
      byte[] input, Map<String, String> environment, Optional<Checkpoint> bundled, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    StringWriter err = new StringWriter();
    Console console =
        new Console(
            new ByteArrayInputStream(input),
            out,
            new PrintWriter(err, true),
            environment,
            () -> false,
            () -> bundled);
    int status = Myelin.run(console, args);
    return new Outcome(status, out.toByteArray(), err.toString());
  }

  /** A console whose output is discarded. */
  static Console console() {
    return new Console(
        new ByteArrayInputStream(new byte[0]),
        new ByteArrayOutputStream(),
        new PrintWriter(new StringWriter()),
        Map.of(),
        () -> false,
        Optional::empty);
  }

  /** Asserts this status, one line on standard error that contains a text, and no output. */
  public void assertFailed(int expectedStatus, String message) {
    assertThat(err).contains(message).hasLineCount(1);
    assertThat(status).isEqualTo(expectedStatus);
    assertThat(out()).isEmpty();
  }

  public String out() {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}

package dev.myelin.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;

/** What a command line did, run in this process. */
record Outcome(int status, byte[] bytes, String err) {

  static Outcome of(String... args) {
    return given("", args);
  }

  /** Likewise with arguments of any kind, paths for example. */
  static Outcome of(Object first, Object... more) {
    return of(
        Stream.concat(Stream.of(first), Arrays.stream(more))
            .map(Object::toString)
            .toArray(String[]::new));
  }

  static Outcome given(String input, String... args) {
    return given(input.getBytes(StandardCharsets.UTF_8), Map.of(), args);
  }

  static Outcome given(byte[] input, Map<String, String> environment, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    StringWriter err = new StringWriter();
    Console console =
        new Console(
            new ByteArrayInputStream(input),
            out,
            new PrintWriter(err, true),
            environment,
            () -> false);
    int status = Myelin.run(console, args);
    return new Outcome(status, out.toByteArray(), err.toString());
  }

  /** A console nobody looks at. */
  static Console console() {
    return new Console(
        new ByteArrayInputStream(new byte[0]),
        new ByteArrayOutputStream(),
        new PrintWriter(new StringWriter()),
        Map.of(),
        () -> false);
  }

  String out() {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}

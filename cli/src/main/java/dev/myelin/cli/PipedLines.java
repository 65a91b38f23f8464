package dev.myelin.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** Lines from a pipe or a file. */
final class PipedLines implements Lines {
  private final BufferedReader reader;

  PipedLines(Console console) {
    reader =
        new BufferedReader(
            new InputStreamReader(console.in(), StandardCharsets.UTF_8.newDecoder()));
  }

  @Override
  public boolean interactive() {
    return false;
  }

  @Override
  public String next(String prompt) {
    try {
      return reader.readLine();
    } catch (IOException e) {
      throw Input.failure("standard input", e);
    }
  }

  @Override
  public void close() {}
}

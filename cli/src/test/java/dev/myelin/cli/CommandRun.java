package dev.myelin.cli;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** One command line run in this process: its exit status and what it wrote. */
record CommandRun(int status, String out, String err) {
  static CommandRun of(String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    StringWriter err = new StringWriter();
    Console console =
        new Console(InputStream.nullInputStream(), out, new PrintWriter(err, true), Map.of());
    int status = Myelin.run(console, args);
    return new CommandRun(status, out.toString(StandardCharsets.UTF_8), err.toString());
  }
}

package dev.myelin.cli.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.myelin.adapter.Adapter;
import dev.myelin.bench.BenchRunner;
import dev.myelin.bench.BenchSpec;
import dev.myelin.bench.ColdRun;
import dev.myelin.bench.Interval;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.SessionOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * ik_llama.cpp by its llama-bench, which repacks the weights when it loads them. Each repetition is
 * a new process that runs the test twice; the second run counts.
 */
final class IkLlamaCppRunner implements BenchRunner {
  static final String NAME = "ik_llama.cpp";

  private record Row(Interval last, Long peakBytes, long arrived, long started) {}

  private final Path program;
  private final Duration limit;
  private final Path model;
  private final SessionOptions session;

  IkLlamaCppRunner(
      PeerProgram program, Path model, List<Adapter> adapters, SessionOptions session) {
    this.program = Path.of(program.path()).toAbsolutePath();
    limit = program.limit();
    this.model = model;
    this.session = session;
    if (!Files.isRegularFile(this.program)) {
      throw new InvalidRequestException(program.path() + ": no such file");
    }
    if (!Files.isExecutable(this.program)) {
      throw new InvalidRequestException(program.path() + ": not executable");
    }
    if (!adapters.isEmpty()) {
      throw new InvalidRequestException("its llama-bench takes no adapters");
    }
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void prepare(BenchSpec test) {
    if (test.depth() > 0 && test.prompt() > 0) {
      throw new InvalidRequestException(
          test.label() + ": its llama-bench has no prompts at a depth");
    }
  }

  @Override
  public List<Interval> run(BenchSpec test, int repetitions) {
    List<Interval> intervals = new ArrayList<>();
    for (int i = 0; i < repetitions; i++) {
      intervals.add(process(test, 2, true).last);
    }
    return intervals;
  }

  @Override
  public ColdRun coldRun(BenchSpec test) {
    prepare(test);
    Row row = process(test, 1, false);
    return new ColdRun(test.prompt() > 0 ? row.arrived - row.started : null, row.peakBytes);
  }

  private Row process(BenchSpec test, int repetitions, boolean warmUp) {
    List<String> command = command(test, repetitions, warmUp);
    try (PeerProcess process =
        PeerProcess.start(command, Map.of(), PeerProcess.Output.STANDARD, limit)) {
      StringBuilder json = new StringBuilder();
      long arrived = 0;
      Long peak = null;
      for (String line = process.readLine(); line != null; line = process.readLine()) {
        if (line.contains("\"samples_ns\"")) { // written when the last repetition is done
          arrived = System.nanoTime();
          peak = process.peakBytes();
        }
        json.append(line).append('\n');
      }
      process.awaitSuccess();
      try {
        long last = lastSample(new ObjectMapper().readTree(json.toString()), test, repetitions);
        return new Row(new Interval(arrived - last, arrived), peak, arrived, process.started());
      } catch (JsonProcessingException | InvalidRequestException e) {
        throw process.failure("unexpected output: " + firstLine(e.getMessage()));
      }
    }
  }

  private List<String> command(BenchSpec test, int repetitions, boolean warmUp) {
    String batch = Integer.toString(session.batch());
    String cache = session.cacheType().type().ggmlName();
    List<String> command = new ArrayList<>(List.of(program.toString(), "-m", model.toString()));
    if (test.depth() > 0) {
      command.addAll(List.of("-p", "0", "-n", "0"));
      command.addAll(List.of("-gp", test.depth() + "," + test.generated()));
    } else if (test.prompt() > 0 && test.generated() > 0) {
      command.addAll(List.of("-p", "0", "-n", "0"));
      command.addAll(List.of("-pg", test.prompt() + "," + test.generated()));
    } else {
      command.addAll(List.of("-p", Integer.toString(test.prompt())));
      command.addAll(List.of("-n", Integer.toString(test.generated())));
    }
    command.addAll(List.of("-r", Integer.toString(repetitions), "-w", warmUp ? "1" : "0"));
    command.addAll(List.of("-t", Integer.toString(session.threads())));
    command.addAll(List.of("-b", batch, "-ub", batch, "-ctk", cache, "-ctv", cache));
    command.addAll(List.of("-rtr", "1", "-o", "json"));
    return command;
  }

  /** The nanoseconds of the last repetition. */
  private long lastSample(JsonNode rows, BenchSpec test, int repetitions) {
    if (rows == null || !rows.isArray() || rows.size() != 1) {
      throw new InvalidRequestException("expected an array of one row");
    }
    JsonNode row = rows.get(0);
    expect(row, "n_threads", session.threads());
    expect(row, "n_prompt", test.depth() + test.prompt());
    expect(row, "n_gen", test.generated());
    JsonNode samples = row.path("samples_ns");
    if (!samples.isArray() || samples.size() != repetitions) {
      throw new InvalidRequestException("samples_ns: expected " + repetitions + " numbers");
    }
    JsonNode last = samples.get(repetitions - 1);
    if (!last.isIntegralNumber() || !last.canConvertToLong() || last.asLong() <= 0) {
      throw new InvalidRequestException("samples_ns: expected nanoseconds");
    }
    return last.asLong();
  }

  private static void expect(JsonNode row, String field, int value) {
    JsonNode actual = row.path(field);
    if (!actual.isInt() || actual.asInt() != value) {
      throw new InvalidRequestException(field + ": expected " + value);
    }
  }

  private static String firstLine(String text) {
    return text.lines().findFirst().orElse("");
  }
}

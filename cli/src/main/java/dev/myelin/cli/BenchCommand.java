package dev.myelin.cli;

import dev.myelin.bench.Bench;
import dev.myelin.bench.BenchPlan;
import dev.myelin.bench.BenchSpec;
import dev.myelin.bench.Peers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures tokens per second. */
@Command(
    name = "bench",
    description = "Measure tokens per second: of prompts (pp) and of generation (tg).",
    footer = {
      "",
      "Lists make a test of each value: -p 128,512 -d 0,4096 are four tests. 0 leaves a kind out.",
      "With --compare both engines hold the model in one process and take turns, repetition by",
      "repetition; the ratio is Myelin's median over the other's: above 1 Myelin is faster.",
      "",
      "Examples:",
      "  myelin bench -m model.gguf",
      "  myelin bench -m model.gguf -p 0 -n 64 -d 0,1024 -o csv",
      "  myelin bench -m model.gguf -t 2 --compare llama.cpp"
    })
final class BenchCommand implements Runnable {
  private final Console console;

  @Spec private CommandSpec command;

  @Mixin private ModelOptions model;

  @Option(
      names = {"-p", "--n-prompt"},
      paramLabel = "N",
      split = ",",
      description = "Tokens of a prompt, fed in batches (default: ${DEFAULT-VALUE}).")
  private List<Integer> prompts = List.of(512);

  @Option(
      names = {"-n", "--n-gen"},
      paramLabel = "N",
      split = ",",
      description = "Tokens generated one by one (default: ${DEFAULT-VALUE}).")
  private List<Integer> generations = List.of(128);

  @Option(
      names = {"-d", "--n-depth"},
      paramLabel = "N",
      split = ",",
      description = "Tokens already in the context (default: ${DEFAULT-VALUE}).")
  private List<Integer> depths = List.of(0);

  @Option(
      names = {"-r", "--repetitions"},
      paramLabel = "N",
      description = "Times each test is measured (default: ${DEFAULT-VALUE}).")
  private int repetitions = 5;

  @Mixin private SessionFlags session;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      completionCandidates = BenchOutputs.Names.class,
      description = "${COMPLETION-CANDIDATES} (default: md).")
  private String output = "md";

  @Option(
      names = "--compare",
      paramLabel = "ENGINE",
      completionCandidates = PeerNames.class,
      description = "Measure another engine too, turn by turn: ${COMPLETION-CANDIDATES}.")
  private List<String> peers = List.of();

  @Mixin private HelpOptions help;

  BenchCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    BenchOutput format =
        BenchOutputs.of(output)
            .orElseThrow(
                () ->
                    Usage.wrong(
                        command, "output " + output + ": known are " + BenchOutputs.names()));
    Path file = model.file(console);
    BenchPlan plan =
        Usage.check(
            command, () -> new BenchPlan(file, tests(), session.options(), repetitions, peers));
    Bench.run(
        plan,
        test -> console.note("measuring " + test.label()),
        result -> console.print(format.result(result)));
    console.print(format.end());
  }

  private List<BenchSpec> tests() {
    List<BenchSpec> tests = new ArrayList<>();
    for (int depth : depths) {
      prompts.stream().filter(n -> n != 0).forEach(n -> tests.add(new BenchSpec(n, 0, depth)));
      generations.stream().filter(n -> n != 0).forEach(n -> tests.add(new BenchSpec(0, n, depth)));
    }
    return tests;
  }

  /** For help and completion. */
  static final class PeerNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Peers.names().iterator();
    }
  }
}

package dev.myelin.cli.bench;

import dev.myelin.adapter.Adapter;
import dev.myelin.bench.Bench;
import dev.myelin.bench.BenchPeer;
import dev.myelin.bench.BenchPlan;
import dev.myelin.bench.BenchSpec;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.options.AdapterOptions;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.natives.KernelsLibrary;
import java.util.ArrayList;
import java.util.List;

/** Measures tokens per second. */
public final class BenchCommand extends Subcommand {
  private final BenchModels models = new BenchModels(this);
  private final AdapterOptions lora = new AdapterOptions(this);
  private final Value<List<Integer>> prompts =
      counts(512, "Tokens of a prompt, fed in batches", "-p", "--n-prompt");
  private final Value<List<Integer>> generations =
      counts(128, "Tokens generated one by one", "-n", "--n-gen");
  private final Value<List<Integer>> depths =
      counts(0, "Tokens already in the context", "-d", "--n-depth");
  private final Value<Integer> repetitions =
      option(
          int.class,
          5,
          "N",
          "Times each test is measured (default: ${DEFAULT-VALUE}).",
          "-r",
          "--repetitions");
  private final BenchContextOptions session = new BenchContextOptions(this);
  private final Value<String> output =
      choice(
          BenchOutputs.names(),
          "md",
          "FORMAT",
          "${COMPLETION-CANDIDATES} (default: md).",
          "-o",
          "--output");
  private final Value<List<String>> peers =
      list(
          String.class,
          List.of(),
          null,
          "ENGINE",
          "Measure another engine too, turn by turn: " + String.join(", ", Peers.names()) + ".",
          "--compare");

  public BenchCommand(Console console) {
    super(
        console,
        "bench",
        "Measure tokens per second: of prompts (pp) and of generation (tg).",
        "",
        "Lists make a test of each value: -p 128,512 -d 0,4096 are four tests. 0 leaves a kind"
            + " out.",
        "So do -m, -t, -b and --cache-type, and options that are repeated: every combination is a"
            + " row.",
        "With --compare both engines hold the model in one process and take turns, repetition by",
        "repetition; the ratio is Myelin's median over the other's: above 1 Myelin is faster.",
        "",
        "Examples:",
        "  myelin bench -m model.gguf",
        "  myelin bench -m model.gguf -p 0 -n 64 -d 0,1024 -o csv",
        "  myelin bench -m f16.gguf -m q4_0.gguf -t 1,2",
        "  myelin bench -m model.gguf -t 2 --compare llama.cpp");
  }

  @Override
  public void run() {
    if (!BenchOutputs.names().contains(output.get())) {
      throw Usage.wrong(
          spec,
          "output " + output.get() + ": known are " + String.join(", ", BenchOutputs.names()));
    }
    List<BenchPlan> plans = plans(session.options());
    BenchOutput format = BenchOutputs.of(output.get(), BenchVaried.among(plans)).orElseThrow();
    for (BenchPlan plan : plans) {
      if (plans.size() > 1) {
        console.note(name(plan));
      }
      Bench.run(
          plan,
          test -> console.note("measuring " + test.label()),
          result -> console.print(format.result(result)));
    }
    console.print(format.end());
  }

  private List<BenchPlan> plans(List<SessionOptions> sessions) {
    List<Adapter> adapters = lora.adapters();
    List<BenchPlan> plans = new ArrayList<>();
    for (Checkpoint model : models.checkpoints()) {
      for (SessionOptions options : sessions) {
        plans.add(
            Usage.check(
                spec,
                () ->
                    new BenchPlan(model, adapters, tests(), options, repetitions.get(), named())));
      }
    }
    return plans;
  }

  private List<BenchPeer> named() {
    return peers.get().stream().map(Peers::of).toList();
  }

  /** What tells a plan from the others. */
  private static String name(BenchPlan plan) {
    SessionOptions session = plan.session();
    return "%s: threads %s, batch %s, cache %s"
        .formatted(
            plan.model().path(),
            session.threads() == 0 ? KernelsLibrary.physicalCores() : session.threads(),
            session.batch(),
            session.cacheType().type().ggmlName());
  }

  private List<BenchSpec> tests() {
    List<BenchSpec> tests = new ArrayList<>();
    for (int depth : depths.get()) {
      prompts.get().stream()
          .filter(n -> n != 0)
          .forEach(n -> tests.add(new BenchSpec(n, 0, depth)));
      generations.get().stream()
          .filter(n -> n != 0)
          .forEach(n -> tests.add(new BenchSpec(0, n, depth)));
    }
    return tests;
  }

  private Value<List<Integer>> counts(int otherwise, String description, String... names) {
    String line = description + " (default: " + otherwise + ").";
    return list(Integer.class, List.of(otherwise), ",", "N", line, names);
  }
}

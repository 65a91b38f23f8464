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
import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.natives.CpuInfo;
import dev.myelin.natives.Isa;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Measures tokens per second. */
public final class BenchCommand extends Subcommand {
  private final BenchModelOptions models = new BenchModelOptions(this);
  private final AdapterOptions lora = new AdapterOptions(this);
  private final Value<List<Integer>> prompts =
      countOption(512, "Length of the prompt, processed in batches", "-p", "--n-prompt");
  private final Value<List<Integer>> generations =
      countOption(128, "Number of tokens to generate, one by one", "-n", "--n-gen");
  private final Value<List<Integer>> depths =
      countOption(0, "Number of tokens already in the context", "-d", "--n-depth");
  private final Value<List<Integer>> parallel =
      list(
          Integer.class,
          List.of(),
          ",",
          "N",
          "Compute N sequences together: all prompts, all generation, and half of each at the same"
              + " time.",
          "-npl",
          "-np",
          "--parallel");
  private final Value<Integer> repetitions =
      option(
          int.class,
          5,
          "N",
          "Repetitions of each test (default: ${DEFAULT-VALUE}).",
          "-r",
          "--repetitions");
  private final BenchContextOptions context = new BenchContextOptions(this);
  private final Value<String> isa =
      option(
          String.class,
          null,
          "NAME",
          "Instruction set of the kernels and of ggml's CPU library (avx512, avxvnni, avx2; scalar,"
              + " none). Default: the best one.",
          "--isa");
  private final Value<String> output =
      choice(
          BenchOutputs.names(),
          "md",
          "FORMAT",
          "Output format: ${COMPLETION-CANDIDATES} (default: md).",
          "-o",
          "--output");
  private final Value<List<String>> peers =
      list(
          String.class,
          List.of(),
          ",",
          "ENGINE[=PATH]",
          "Also measure another engine: " + Peers.forms() + ".",
          "--compare");
  private final Value<Boolean> resources =
      flag(
          "Also measure time to first token, peak memory and energy; implied by --compare.",
          "--resources");
  private final Value<Boolean> limits =
      flag(
          "Also measure what the machine can do, and show each speed as a share of it.",
          "--limits");
  private final Value<Integer> limit =
      option(
          int.class,
          600,
          "SECONDS",
          "End a process of another engine after this time (default: ${DEFAULT-VALUE}).",
          "--peer-timeout");

  public BenchCommand(Console console) {
    super(
        console,
        "bench",
        "Measure tokens per second of prompt processing (pp) and text generation (tg).",
        "",
        "A list runs a test for each value: -p 128,512 -d 0,4096 are four tests. 0 disables pp or"
            + " tg.",
        "-m, -t, -b and --cache-type are lists too, and options may be repeated: each combination",
        "is a row. With --compare the engines take turns. The ratio is Myelin's median over the",
        "other engine's: above 1 Myelin is faster. An engine that is missing or fails is skipped,",
        "with a note. The limit is the peak of matmuls for pp, and reading memory for tg.",
        "With --parallel the rates are of all sequences, as in llama-batched-bench: S_PP, S_TG, S.",
        "",
        "Examples:",
        "  myelin bench -m model.gguf",
        "  myelin bench -m model.gguf -p 0 -n 64 -d 0,1024 -o csv",
        "  myelin bench -m model.gguf --parallel 1,8,32 -r 2",
        "  myelin bench -m f16.gguf -m q4_0.gguf -t 1,2",
        "  myelin bench -m model.gguf -t 2 --isa avx2 --limits --compare llama.cpp",
        "  myelin bench -m model.gguf --compare ik_llama.cpp=ik_llama.cpp/build/bin/llama-bench",
        "  myelin bench -m model.gguf --compare jinfer=jinfer-bench.jar:jinfer.jar");
  }

  @Override
  public void run() {
    if (!BenchOutputs.names().contains(output.get())) {
      throw Usage.error(
          spec,
          "output " + output.get() + ": known are " + String.join(", ", BenchOutputs.names()));
    }
    if (isa.isSet()) {
      Usage.check(
          spec,
          () -> {
            Isa.request(isa.get());
            return isa;
          });
    }
    List<BenchPlan> plans = plans(context.options());
    BenchOutput format = BenchOutputs.of(output.get(), OptionalColumns.of(plans)).orElseThrow();
    for (BenchPlan plan : plans) {
      if (plans.size() > 1) {
        console.note(name(plan));
      }
      Bench.run(plan, console::note, result -> console.print(format.result(result)));
    }
    console.print(format.end());
  }

  private List<BenchPlan> plans(List<SessionOptions> sessions) {
    List<Adapter> adapters = lora.adapters();
    List<BenchPlan> plans = new ArrayList<>();
    for (Checkpoint model : models.checkpoints()) {
      for (SessionOptions options : sessions) {
        BenchPlan plan = plan(model, adapters, options);
        SessionOptions fitting = context.withinBudget(model, plan.session());
        plans.add(fitting.equals(plan.session()) ? plan : plan(model, adapters, fitting));
      }
    }
    return plans;
  }

  private BenchPlan plan(Checkpoint model, List<Adapter> adapters, SessionOptions options) {
    return Usage.check(
        spec,
        () ->
            new BenchPlan(
                model,
                adapters,
                tests(),
                options,
                repetitions.get(),
                namedPeers(),
                measuresResources() ? new ColdRunProcess(limit(), isa.get()) : null,
                limits.get()));
  }

  private List<BenchPeer> namedPeers() {
    Duration limit = limit();
    return peers.get().stream().map(form -> Peers.of(form, limit, isa.get())).toList();
  }

  private Duration limit() {
    if (limit.get() < 1) {
      throw new InvalidRequestException(
          limit.typedName() + " " + limit.get() + ": expected 1 or more");
    }
    return Duration.ofSeconds(limit.get());
  }

  private boolean measuresResources() {
    return resources.get() || !peers.get().isEmpty();
  }

  /** The settings that distinguish a plan from the others. */
  private static String name(BenchPlan plan) {
    SessionOptions session = plan.session();
    return "%s: threads %s, batch %s, cache %s"
        .formatted(
            plan.model().path(),
            session.threads() == 0 ? CpuInfo.physicalCores() : session.threads(),
            session.batch(),
            session.cacheType().type().ggmlName());
  }

  private List<BenchSpec> tests() {
    if (!parallel.get().isEmpty()) {
      return parallelTests();
    }
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

  private List<BenchSpec> parallelTests() {
    context.requireNoBudget(parallel.typedName());
    List<Integer> filled = prompts.get().stream().filter(n -> n != 0).toList();
    List<Integer> generated = generations.get().stream().filter(n -> n != 0).toList();
    List<BenchSpec> tests = new ArrayList<>();
    for (int depth : depths.get()) {
      for (int sequences : parallel.get()) {
        if (sequences < 1) {
          throw new InvalidRequestException(
              parallel.typedName() + " " + sequences + ": expected 1 or more");
        }
        filled.forEach(n -> tests.add(new BenchSpec(n, 0, depth, sequences)));
        generated.forEach(n -> tests.add(new BenchSpec(0, n, depth, sequences)));
        if (sequences > 1) { // half of one is none
          filled.forEach(
              p -> generated.forEach(g -> tests.add(new BenchSpec(p, g, depth, sequences))));
        }
      }
    }
    return tests;
  }

  private Value<List<Integer>> countOption(int defaultValue, String description, String... names) {
    String line = description + " (default: " + defaultValue + ").";
    return list(Integer.class, List.of(defaultValue), ",", "N", line, names);
  }
}

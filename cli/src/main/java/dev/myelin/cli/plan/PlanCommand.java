package dev.myelin.cli.plan;

import dev.myelin.cli.command.ClosestMatch;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.UnusedOptions;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Json;
import dev.myelin.cli.options.ThreadOptions;
import dev.myelin.inspect.Inspection;
import dev.myelin.plan.KnownModel;
import dev.myelin.plan.KnownModels;
import dev.myelin.plan.MachineMemory;
import dev.myelin.plan.MemoryBandwidth;
import dev.myelin.plan.Plan;
import dev.myelin.plan.PlannedModel;
import dev.myelin.plan.Quantities;
import dev.myelin.quantize.Mix;
import dev.myelin.quantize.Mixes;
import dev.myelin.state.CacheType;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Shows the memory a model needs and its maximum speed, without the model itself. */
public final class PlanCommand extends Subcommand {
  private static final List<String> CACHE_TYPES =
      Arrays.stream(CacheType.values()).map(t -> t.name().toLowerCase(Locale.ROOT)).toList();
  private static final List<String> MIXES =
      Mixes.all().reversed().stream().map(m -> m.name().toLowerCase(Locale.ROOT)).toList();

  private final Value<String> modelParameter =
      parameter(String.class, false, "MODEL", "A name from --list, or a GGUF file.");
  private final Value<String> modelOption =
      option(String.class, null, "MODEL", "The same as MODEL.", "-m", "--model");
  private final Value<Boolean> list = flag("List the known models.", "--list");
  private final Value<String> parameters =
      option(
          String.class, null, "N", "Number of parameters, such as 350M, 7B or 1.76T.", "--params");
  private final Value<String> active =
      option(
          String.class,
          null,
          "N",
          "With --params: number of parameters active per token.",
          "--active");
  private final ShapeOptions shape = new ShapeOptions(this);
  private final Value<Long> context =
      option(
          long.class,
          0L,
          "N",
          "Context length of the KV cache; 0, the default, is the model's, but at most 4096.",
          "-c",
          "--context",
          "--ctx-size");
  private final Value<String> cacheType =
      choice(
          CACHE_TYPES,
          "f16",
          "TYPE",
          "Type of the KV cache: ${COMPLETION-CANDIDATES} (default: f16).",
          "--cache-type");
  private final Value<List<String>> types =
      list(
          String.class,
          List.of(),
          ",",
          "TYPE",
          "Quantization types, such as q8_0,q4_K_M (default: all).",
          "--types");
  private final Value<String> bandwidth =
      option(
          String.class,
          null,
          "BANDWIDTH",
          "Memory bandwidth, such as 50GB/s (default: measured).",
          "--bandwidth");
  private final ThreadOptions threads =
      new ThreadOptions(
          this, "Number of threads that measure the bandwidth; 0 is one per physical core.");
  private final Value<String> trainingTokens =
      option(
          String.class,
          null,
          "N",
          "Also show the FLOPs of training on N tokens, such as 15T.",
          "--train-tokens");
  private final Value<Boolean> json = flag("Print JSON.", "--json");

  public PlanCommand(Console console) {
    super(
        console,
        "plan",
        "Show the memory and the maximum speed of a model for each quantization type.",
        "",
        "tokens/s is an upper bound with a full context (-c): each token reads all active"
            + " parameters",
        "and the whole KV cache at the memory bandwidth of this machine.",
        "",
        "Examples:",
        "  myelin plan llama-3.2-1b",
        "  myelin plan mixtral-8x7b --context 32768 --cache-type q8_0 --types q4_K_M,q8_0",
        "  myelin plan --params 1.76T --active 280B --bandwidth 3TB/s",
        "  myelin plan --layers 16 --width 2048 --heads 32 --kv-heads 8 --feed-forward 8192 \\",
        "      --vocab-size 128256 --tied",
        "  myelin plan model.gguf --json | jq '.quantizations[] | select(.fits == \"yes\")'");
  }

  @Override
  public void run() {
    if (list.get()) {
      List<KnownModel> models = KnownModels.all();
      console.print(json.get() ? Json.pretty(PlanJson.list(models)) : PlanText.list(models));
      return;
    }
    CacheType type = Usage.check(spec, () -> CacheType.of(cacheType.get()));
    Long tokens =
        trainingTokens.isSet()
            ? Usage.check(spec, () -> Quantities.parseTokens(trainingTokens.get()))
            : null;
    List<Mix> requestedMixes = types.get().stream().map(this::mix).toList();
    PlannedModel subject = subject();
    List<Mix> mixes = requestedMixes.isEmpty() ? Plan.mixes(subject) : requestedMixes;
    Plan plan = Usage.check(spec, () -> Plan.of(subject, context.get(), type, mixes));
    Long bytesPerSecond =
        bandwidth.isSet()
            ? Usage.check(spec, () -> Quantities.parseBytesPerSecond(bandwidth.get()))
            : null;
    int count = threads.count();
    if (bandwidth.isSet()) {
      UnusedOptions.note(this, "--bandwidth is given", threads.option());
    }
    MachineMemory memory = MachineMemory.current();
    MemoryBandwidth memorySpeed =
        bytesPerSecond != null
            ? MemoryBandwidth.of(bytesPerSecond)
            : Usage.check(spec, () -> MemoryBandwidth.measure(count, memory.availableBytes()));
    console.print(
        json.get()
            ? Json.pretty(PlanJson.of(plan, memory, memorySpeed, tokens))
            : PlanText.of(plan, memory, memorySpeed, tokens));
  }

  private Mix mix(String name) {
    return Mixes.named(name)
        .orElseThrow(
            () ->
                Usage.error(
                    spec,
                    "type "
                        + name
                        + ": "
                        + ClosestMatch.find(name.toLowerCase(Locale.ROOT), MIXES)
                            .map(near -> "did you mean " + near + "?")
                            .orElse("known are " + String.join(", ", MIXES))));
  }

  private PlannedModel subject() {
    long selectors =
        Stream.of(modelParameter.isSet(), modelOption.isSet(), parameters.isSet(), shape.isSet())
            .filter(isSet -> isSet)
            .count();
    if (selectors != 1) {
      throw Usage.error(
          spec,
          (selectors == 0 ? "no model" : "several models")
              + ": give a name from --list, a GGUF file, --params N, or a shape");
    }
    if (active.isSet() && !parameters.isSet()) {
      throw Usage.error(spec, "--active: expected with --params");
    }
    if (parameters.isSet()) {
      return Usage.check(spec, this::subjectOfSize);
    } else if (shape.isSet()) {
      return Usage.check(spec, () -> PlannedModel.of("this shape", "", shape.keys()));
    }
    return namedSubject(modelParameter.isSet() ? modelParameter.get() : modelOption.get());
  }

  private PlannedModel subjectOfSize() {
    long total = Quantities.parseParameters(parameters.get());
    return PlannedModel.of(
        total, active.isSet() ? Quantities.parseParameters(active.get()) : total);
  }

  private PlannedModel namedSubject(String name) {
    Optional<KnownModel> known = KnownModels.find(name);
    if (known.isPresent()) {
      return PlannedModel.of(known.get());
    }
    Path file = path(name);
    if (file != null && (Files.exists(file) || name.endsWith(".gguf"))) {
      return PlannedModel.of(Inspection.of(file));
    }
    List<String> ids = KnownModels.all().stream().map(KnownModel::id).toList();
    String hint =
        ClosestMatch.find(name.toLowerCase(Locale.ROOT).replace(' ', '-'), ids)
            .map(id -> "did you mean " + id + "?")
            .orElse("not in --list, and no such file");
    throw Usage.error(spec, "unknown model '" + name + "': " + hint);
  }

  private static Path path(String name) {
    try {
      return name.isEmpty() ? null : Path.of(name);
    } catch (InvalidPathException e) {
      return null;
    }
  }
}

package dev.myelin.cli.plan;

import dev.myelin.cache.CacheType;
import dev.myelin.cli.command.Nearest;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Unused;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Json;
import dev.myelin.cli.options.ThreadOptions;
import dev.myelin.inspect.Inspection;
import dev.myelin.plan.KnownModel;
import dev.myelin.plan.KnownModels;
import dev.myelin.plan.MachineMemory;
import dev.myelin.plan.MemorySpeed;
import dev.myelin.plan.Plan;
import dev.myelin.plan.Quantities;
import dev.myelin.plan.Subject;
import dev.myelin.quantize.Mix;
import dev.myelin.quantize.Mixes;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Shows what a model needs, before one has it. */
public final class PlanCommand extends Subcommand {
  private static final List<String> CACHE_TYPES =
      Arrays.stream(CacheType.values()).map(t -> t.name().toLowerCase(Locale.ROOT)).toList();
  private static final List<String> MIXES =
      Mixes.all().reversed().stream().map(m -> m.name().toLowerCase(Locale.ROOT)).toList();

  private final Value<String> positional =
      parameter(String.class, false, "MODEL", "A name from --list, or a GGUF file.");
  private final Value<String> named =
      option(String.class, null, "MODEL", "The same.", "-m", "--model");
  private final Value<Boolean> list = flag("List the models known by name.", "--list");
  private final Value<String> parameters =
      option(String.class, null, "N", "A model of so many: 350M, 7B, 1.76T.", "--params");
  private final Value<String> active =
      option(
          String.class,
          null,
          "N",
          "With --params: those that a token uses, of experts.",
          "--active");
  private final ShapeOptions shape = new ShapeOptions(this);
  private final Value<Long> context =
      option(
          long.class,
          0L,
          "N",
          "Tokens the cache is for; 0, the default: the model's own, at most 4096.",
          "-c",
          "--context",
          "--ctx-size");
  private final Value<String> cacheType =
      choice(
          CACHE_TYPES,
          "f16",
          "TYPE",
          "What keys and values are kept in: ${COMPLETION-CANDIDATES} (default: f16).",
          "--cache-type");
  private final Value<List<String>> types =
      list(
          String.class,
          List.of(),
          ",",
          "TYPE",
          "Only these quantisations, such as q8_0,q4_K_M (default: all).",
          "--types");
  private final Value<String> speed =
      option(
          String.class,
          null,
          "SPEED",
          "Memory speed, such as 50GB/s; measured otherwise.",
          "--speed");
  private final ThreadOptions threads =
      new ThreadOptions(
          this, "Threads that read when it is measured; 0 means one a physical core.");
  private final Value<String> training =
      option(
          String.class,
          null,
          "N",
          "Also what training on so many tokens takes: 15T.",
          "--train-tokens");
  private final Value<Boolean> json = flag("Print JSON.", "--json");

  public PlanCommand(Console console) {
    super(
        console,
        "plan",
        "Show what a model needs at each quantisation, whether it fits, how fast it can be.",
        "",
        "tokens/s are an upper bound, with the context full (-c): each token reads all active"
            + " parameters",
        "and the whole cache, at the speed that this machine's memory is read with.",
        "",
        "Examples:",
        "  myelin plan llama-3.2-1b",
        "  myelin plan mixtral-8x7b --context 32768 --cache-type q8_0 --types q4_K_M,q8_0",
        "  myelin plan --params 1.76T --active 280B --speed 3TB/s",
        "  myelin plan --layers 16 --width 2048 --heads 32 --kv-heads 8 --feed-forward 8192 \\",
        "      --vocab 128256 --tied",
        "  myelin plan model.gguf --json | jq '.quantisations[] | select(.fits == \"yes\")'");
  }

  @Override
  public void run() {
    if (list.get()) {
      List<KnownModel> models = KnownModels.all();
      console.print(json.get() ? Json.pretty(PlanJson.list(models)) : PlanText.list(models));
      return;
    }
    CacheType cache = Usage.check(spec, () -> CacheType.of(cacheType.get()));
    Long tokens =
        training.isSet() ? Usage.check(spec, () -> Quantities.tokens(training.get())) : null;
    List<Mix> chosen = types.get().stream().map(this::mix).toList();
    Subject subject = subject();
    List<Mix> mixes = chosen.isEmpty() ? Plan.mixes(subject) : chosen;
    Plan plan = Usage.check(spec, () -> Plan.of(subject, context.get(), cache, mixes));
    Long said =
        speed.isSet() ? Usage.check(spec, () -> Quantities.bytesPerSecond(speed.get())) : null;
    int count = threads.count();
    if (speed.isSet()) {
      Unused.note(this, "--speed gives the speed", threads.option());
    }
    MachineMemory memory = MachineMemory.now();
    MemorySpeed reads =
        said != null
            ? MemorySpeed.said(said)
            : Usage.check(spec, () -> MemorySpeed.measure(count, memory.availableBytes()));
    console.print(
        json.get()
            ? Json.pretty(PlanJson.of(plan, memory, reads, tokens))
            : PlanText.of(plan, memory, reads, tokens));
  }

  private Mix mix(String name) {
    return Mixes.named(name)
        .orElseThrow(
            () ->
                Usage.wrong(
                    spec,
                    "type "
                        + name
                        + ": "
                        + Nearest.to(name.toLowerCase(Locale.ROOT), MIXES)
                            .map(near -> "did you mean " + near + "?")
                            .orElse("known are " + String.join(", ", MIXES))));
  }

  private Subject subject() {
    long ways =
        Stream.of(positional.isSet(), named.isSet(), parameters.isSet(), shape.isSet())
            .filter(given -> given)
            .count();
    if (ways != 1) {
      throw Usage.wrong(
          spec,
          (ways == 0 ? "no model" : "several models")
              + ": give a name from --list, a GGUF file, --params N, or a shape");
    }
    if (active.isSet() && !parameters.isSet()) {
      throw Usage.wrong(spec, "--active: expected with --params");
    }
    if (parameters.isSet()) {
      return Usage.check(spec, this::byNumber);
    } else if (shape.isSet()) {
      return Usage.check(spec, () -> Subject.of("this shape", "", shape.blueprint()));
    }
    return byName(positional.isSet() ? positional.get() : named.get());
  }

  private Subject byNumber() {
    long all = Quantities.parameters(parameters.get());
    return Subject.of(all, active.isSet() ? Quantities.parameters(active.get()) : all);
  }

  private Subject byName(String name) {
    Optional<KnownModel> known = KnownModels.find(name);
    if (known.isPresent()) {
      return Subject.of(known.get());
    }
    Path file = path(name);
    if (file != null && (Files.exists(file) || name.endsWith(".gguf"))) {
      return Subject.of(Inspection.of(file));
    }
    List<String> ids = KnownModels.all().stream().map(KnownModel::id).toList();
    String near =
        Nearest.to(name.toLowerCase(Locale.ROOT).replace(' ', '-'), ids)
            .map(id -> "did you mean " + id + "?")
            .orElse("--list names those known, and there is no such file");
    throw Usage.wrong(spec, "unknown model '" + name + "': " + near);
  }

  private static Path path(String name) {
    try {
      return name.isEmpty() ? null : Path.of(name);
    } catch (InvalidPathException e) {
      return null;
    }
  }
}

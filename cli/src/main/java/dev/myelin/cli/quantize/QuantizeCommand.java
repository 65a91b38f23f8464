package dev.myelin.cli.quantize;

import dev.myelin.cli.command.Interrupts;
import dev.myelin.cli.command.Outputs;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Progress;
import dev.myelin.error.CancelledException;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.quantize.PlannedTensor;
import dev.myelin.quantize.QuantizeListener;
import dev.myelin.quantize.QuantizeOptions;
import dev.myelin.quantize.QuantizePlan;
import dev.myelin.quantize.Quantizer;
import java.nio.file.Path;
import java.util.List;

/** Converts a checkpoint to other types. */
public final class QuantizeCommand extends Subcommand {
  private static final long MILLION = 1_000_000;

  private final Value<List<String>> names =
      parameters(
          "IN OUT TYPE",
          "The checkpoint to convert (of a split one any part), the file to write, and what it "
              + "becomes, such as Q4_K_M. OUT may be left out with --dry-run.");
  private final QuantizeCommandOptions flags = new QuantizeCommandOptions(this);
  private final Value<Boolean> dryRun =
      flag("Print what each tensor would become, and write nothing.", "--dry-run");
  private final Value<Boolean> list = flag("List the types.", "--list");

  public QuantizeCommand(Console console) {
    super(
        console,
        "quantize",
        "Convert a checkpoint to fewer bits, or more.",
        "",
        "OUT appears when it is complete; an older file of that name is replaced then.",
        "",
        "Examples:",
        "  myelin quantize model-f16.gguf model-q4_k_m.gguf Q4_K_M",
        "  myelin quantize model-f16.gguf small.gguf IQ2_XS --imatrix imatrix.gguf",
        "  myelin quantize model-f16.gguf mine.gguf Q4_K_S --tensor-type 'attn_v=q8_0'",
        "  myelin quantize --dry-run model-f16.gguf Q3_K_M");
  }

  @Override
  public void run() {
    if (list.get()) {
      console.print(QuantizeText.types());
      return;
    }
    List<String> given = names.get();
    boolean withOut = given.size() == 3;
    if (!withOut && !(dryRun.get() && given.size() == 2)) {
      throw Usage.wrong(
          spec, "expected IN OUT TYPE, got " + given.size() + " of them (--list names the types)");
    }
    Path in = Usage.path(spec, given.getFirst());
    Path out = withOut ? Usage.path(spec, given.get(1)) : null;
    QuantizeOptions options = flags.options(given.getLast());
    Outputs files = flags.inputs(new Outputs(this).reads("IN", Checkpoint.of(in).files()));
    if (!dryRun.get()) {
      files.writes("OUT", out).check();
    }
    Quantizer quantizer = new Quantizer(options);
    if (dryRun.get()) {
      QuantizePlan plan = quantizer.plan(in);
      console.print(QuantizeText.plan(plan, options));
      QuantizeText.unused(plan).forEach(console::note);
      return;
    }
    convert(quantizer, options, in, out);
  }

  private void convert(Quantizer quantizer, QuantizeOptions options, Path in, Path out) {
    long start = System.nanoTime();
    QuantizePlan plan;
    try (Bar bar = new Bar();
        Interrupts _ = Interrupts.once(quantizer::cancel)) {
      plan = quantizer.run(in, out, bar);
    } catch (CancelledException e) {
      throw new CancelledException("cancelled, " + out + " was not written");
    }
    QuantizeText.notes(plan, options).forEach(console::note);
    console.note(QuantizeText.summary(in, out, plan, System.nanoTime() - start));
  }

  /** Millions of parameters done, and the tensor at work. */
  private final class Bar implements QuantizeListener, AutoCloseable {
    private Progress progress;
    private String tensor = "";

    @Override
    public void tensor(PlannedTensor next, int index) {
      tensor = next.source().name() + " " + next.type().ggmlName();
    }

    @Override
    public void progress(long done, long total) {
      if (progress == null) {
        progress = Progress.of(console, "quantize", total / MILLION, " M");
      }
      progress.note(tensor);
      progress.to(done / MILLION);
    }

    @Override
    public void close() {
      if (progress != null) {
        progress.close();
      }
    }
  }
}

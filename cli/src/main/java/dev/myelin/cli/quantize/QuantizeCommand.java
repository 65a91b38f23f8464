package dev.myelin.cli.quantize;

import dev.myelin.cli.command.CommandFiles;
import dev.myelin.cli.command.SignalHandler;
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

/** Converts a model to other types. */
public final class QuantizeCommand extends Subcommand {
  private static final long MILLION = 1_000_000;

  private final Value<List<String>> arguments =
      parameters(
          "IN OUT TYPE",
          "The model to convert (any part of a split one), the output file, and the file type, "
              + "such as Q4_K_M. OUT is optional with --dry-run.");
  private final QuantizeCommandOptions commandOptions = new QuantizeCommandOptions(this);
  private final Value<Boolean> dryRun =
      flag("Print the type of each tensor; write nothing.", "--dry-run");
  private final Value<Boolean> list = flag("List the types.", "--list");

  public QuantizeCommand(Console console) {
    super(
        console,
        "quantize",
        "Convert a model to another quantization type.",
        "",
        "OUT is created or replaced only when it is complete.",
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
    List<String> values = arguments.get();
    boolean hasOutput = values.size() == 3;
    if (!hasOutput && !(dryRun.get() && values.size() == 2)) {
      throw Usage.error(
          spec, "expected IN OUT TYPE, got " + values.size() + " (--list shows the types)");
    }
    Path in = Usage.path(spec, values.getFirst());
    Path out = hasOutput ? Usage.path(spec, values.get(1)) : null;
    QuantizeOptions options = commandOptions.options(values.getLast());
    CommandFiles files =
        commandOptions.inputs(new CommandFiles(this).reads("IN", Checkpoint.of(in).files()));
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
    try (ProgressListener bar = new ProgressListener();
        SignalHandler _ = SignalHandler.install(quantizer::cancel)) {
      plan = quantizer.run(in, out, bar);
    } catch (CancelledException e) {
      throw new CancelledException("cancelled, " + out + " was not written");
    }
    QuantizeText.notes(plan, options).forEach(console::note);
    console.note(QuantizeText.summary(in, out, plan, System.nanoTime() - start));
  }

  /** Shows millions of parameters done, and the current tensor. */
  private final class ProgressListener implements QuantizeListener, AutoCloseable {
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
      progress.setMessage(tensor);
      progress.stepTo(done / MILLION);
    }

    @Override
    public void close() {
      if (progress != null) {
        progress.close();
      }
    }
  }
}

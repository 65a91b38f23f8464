package dev.myelin.cli.quantize;

import dev.myelin.adapter.Adapter;
import dev.myelin.cli.command.CommandFiles;
import dev.myelin.cli.command.SignalHandler;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.UnusedOptions;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Statistics;
import dev.myelin.cli.io.TextInput;
import dev.myelin.cli.options.AdapterOptions;
import dev.myelin.cli.options.ModelOptions;
import dev.myelin.cli.options.ThreadOptions;
import dev.myelin.error.CancelledException;
import dev.myelin.error.MyelinException;
import dev.myelin.file.OutputFile;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.imatrix.ImportanceCollector;
import dev.myelin.imatrix.ImportanceMatrix;
import dev.myelin.imatrix.ImportanceMatrixFiles;
import dev.myelin.imatrix.ImportanceMatrixFiles.Format;
import dev.myelin.imatrix.ImportanceOptions;
import dev.myelin.imatrix.ImportanceRun;
import dev.myelin.model.Model;
import dev.myelin.state.CacheType;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Computes an importance matrix: which columns of each weight matter. */
public final class ImatrixCommand extends Subcommand {
  private static final List<String> FORMATS = List.of("gguf", "dat");
  private static final int MAX_SHOWN = 5;

  private final ModelOptions model = ModelOptions.withNoMmap(this);
  private final AdapterOptions lora = new AdapterOptions(this);
  private final Value<Path> text =
      option(
          Path.class,
          null,
          "FILE",
          "The text, UTF-8; - is standard input. Without it the files of --in-file are merged.",
          "-f",
          "--file");
  private final Value<Path> out =
      option(
          Path.class,
          Path.of("imatrix.gguf"),
          "FILE",
          "Output file (default: imatrix.gguf).",
          "-o",
          "--output");
  private final Value<String> format =
      choice(
          FORMATS,
          null,
          "FORMAT",
          "gguf, or the older dat (default: dat if FILE ends with .dat, else gguf).",
          "--output-format");
  private final Value<List<Path>> inputs =
      list(
          Path.class,
          List.of(),
          null,
          "FILE",
          "An earlier importance matrix to add. Repeatable.",
          "--in-file");
  private final Value<Integer> chunks =
      option(int.class, -1, "N", "Maximum number of chunks; -1 is all.", "--chunks");
  private final Value<Integer> firstChunk =
      option(int.class, 0, "N", "Skip the first N chunks.", "--chunk", "--from-chunk");
  private final Value<Boolean> output =
      flag("Also collect data for output.weight.", "--process-output");
  private final Value<Boolean> noPerplexity = flag("Do not compute the perplexity.", "--no-ppl");
  private final Value<Boolean> parseSpecial =
      flag("Parse special tokens in the text.", "--parse-special");
  private final ThreadOptions threads = new ThreadOptions(this);
  private final Value<Integer> context =
      option(
          int.class,
          ImportanceOptions.DEFAULT_CHUNK_SIZE,
          "N",
          "Tokens per chunk (default: ${DEFAULT-VALUE}).",
          "-c",
          "--ctx-size");
  private final Value<Integer> batch =
      option(
          int.class,
          SessionOptions.DEFAULT_BATCH,
          "N",
          "Maximum number of tokens per batch; fewer need less memory (default: ${DEFAULT-VALUE}).",
          "-b",
          "--batch");

  public ImatrixCommand(Console console) {
    super(
        console,
        "imatrix",
        "Compute the importance matrix of a model on a text, for `myelin quantize --imatrix`.",
        "",
        "Ctrl-C ends it; the data so far is written.",
        "",
        "Examples:",
        "  myelin imatrix -m model-f16.gguf -f text.txt -o imatrix.gguf",
        "  myelin imatrix -m model-f16.gguf -f more.txt --in-file imatrix.gguf -o both.gguf",
        "  myelin imatrix --in-file a.gguf --in-file b.dat -o both.gguf");
  }

  @Override
  public void run() {
    ImportanceOptions options =
        Usage.check(
            spec,
            () ->
                new ImportanceOptions(
                    context.get(),
                    chunks.get(),
                    firstChunk.get(),
                    output.get(),
                    !noPerplexity.get(),
                    parseSpecial.get(),
                    new SessionOptions(
                        0, batch.get(), threads.count(), threads.isForced(), CacheType.F16)));
    Format written = format();
    if (!text.isSet()) {
      UnusedOptions.note(
          this,
          "without -f no text is processed",
          model.option(),
          lora.option(),
          chunks,
          firstChunk,
          noPerplexity,
          parseSpecial,
          threads.option(),
          batch);
    }
    if (!text.isSet() && inputs.get().isEmpty()) {
      throw Usage.error(spec, "no text: give -f FILE, or --in-file FILE to merge");
    }
    List<Adapter> adapters = lora.adapters();
    Checkpoint file = text.isSet() ? model.checkpoint() : null;
    CommandFiles outputs =
        new CommandFiles(this).reads("-f", text.get()).reads("--in-file", inputs.get());
    if (file != null) {
      outputs.reads(file).reads("--lora", lora.files());
    }
    outputs.writes("-o", out.get()).check(); // before hours of work
    ImportanceCollector collector = new ImportanceCollector(output.get(), context.get());
    for (Path input : inputs.get()) {
      add(collector, input);
    }
    if (text.isSet()) {
      measure(file, adapters, options, collector);
    }
    if (collector.isEmpty()) {
      throw new CancelledException("cancelled before the first chunk, nothing was written");
    }
    ImportanceMatrix matrix = collector.matrix();
    ImportanceMatrixFiles.write(matrix, out.get(), written);
    List<String> partial = matrix.partialEntries();
    partial.stream().limit(MAX_SHOWN).forEach(p -> console.note("experts without tokens: " + p));
    if (partial.size() > MAX_SHOWN) {
      console.note("and " + (partial.size() - MAX_SHOWN) + " more tensors");
    }
    console.note(
        "%s: %s entries, %s chunks of %s tokens"
            .formatted(out.get(), matrix.entries().size(), matrix.chunks(), matrix.chunkSize()));
  }

  private static void add(ImportanceCollector collector, Path file) {
    ImportanceMatrix matrix = ImportanceMatrixFiles.read(file);
    try {
      collector.add(matrix);
    } catch (MyelinException e) {
      throw new MyelinException(file + ": " + e.getMessage(), e);
    }
  }

  private void measure(
      Checkpoint file,
      List<Adapter> adapters,
      ImportanceOptions options,
      ImportanceCollector collector) {
    boolean stdin = text.get().toString().equals("-");
    String content = stdin ? TextInput.readStandardInput(console) : TextInput.readFile(text.get());
    try (Model loaded = Model.load(file, adapters)) {
      Statistics.printModelNotes(console, loaded);
      OutputFile.check(out.get(), maxBytes(loaded));
      ImportanceRun run = new ImportanceRun(loaded, options, collector);
      ImatrixProgress progress = new ImatrixProgress(console);
      try (progress;
          SignalHandler _ = SignalHandler.install(run::cancel)) {
        run.run(content, progress);
      }
      collector.addDataset(stdin ? "standard input" : text.get().toString());
      progress.result();
      Statistics.printAdapters(console, loaded);
    }
  }

  /** Maximum size of the file: one sum per column of each matrix, and counts. */
  private static long maxBytes(Model model) {
    return model.file().tensors().stream()
        .filter(t -> t.dim(1) > 1 && !t.name().equals("token_embd.weight"))
        .mapToLong(t -> (t.dim(0) + 1) * t.dim(2) * Float.BYTES)
        .sum();
  }

  private Format format() {
    if (!format.isSet()) {
      return out.get().toString().endsWith(".dat") ? Format.DAT : Format.GGUF;
    }
    if (!FORMATS.contains(format.get())) {
      throw Usage.error(spec, "output format '" + format.get() + "': known are gguf, dat");
    }
    return Format.valueOf(format.get().toUpperCase(Locale.ROOT));
  }
}

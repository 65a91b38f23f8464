package dev.myelin.cli.quantize;

import dev.myelin.adapter.Adapter;
import dev.myelin.cache.CacheType;
import dev.myelin.cli.command.Interrupts;
import dev.myelin.cli.command.Outputs;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Unused;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Input;
import dev.myelin.cli.io.Statistics;
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
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Measures which columns of each weight matter. */
public final class ImatrixCommand extends Subcommand {
  private static final List<String> FORMATS = List.of("gguf", "dat");
  private static final int MOST_SHOWN = 5;

  private final ModelOptions model = ModelOptions.computing(this);
  private final AdapterOptions lora = new AdapterOptions(this);
  private final Value<Path> text =
      option(
          Path.class,
          null,
          "FILE",
          "The text to run over, UTF-8; - is standard input. Without, --in-file's are merged.",
          "-f",
          "--file");
  private final Value<Path> out =
      option(
          Path.class,
          Path.of("imatrix.gguf"),
          "FILE",
          "The file to write (default: imatrix.gguf).",
          "-o",
          "--output");
  private final Value<String> format =
      choice(
          FORMATS,
          null,
          "FORMAT",
          "gguf, or dat for older readers (default: dat where FILE ends in .dat, else gguf).",
          "--output-format");
  private final Value<List<Path>> before =
      list(
          Path.class,
          List.of(),
          null,
          "FILE",
          "A matrix made before, to be added. Repeatable.",
          "--in-file");
  private final Value<Integer> chunks =
      option(int.class, -1, "N", "Most chunks of text; -1 means all.", "--chunks");
  private final Value<Integer> skip =
      option(int.class, 0, "N", "Leave out the first chunks.", "--chunk", "--from-chunk");
  private final Value<Boolean> output = flag("Measure output.weight too.", "--process-output");
  private final Value<Boolean> noPerplexity =
      flag("Do not compute the perplexity on the way.", "--no-ppl");
  private final Value<Boolean> parseSpecial =
      flag("Take the names of special tokens in the text for these.", "--parse-special");
  private final ThreadOptions threads = new ThreadOptions(this);
  private final Value<Integer> context =
      option(
          int.class,
          ImportanceOptions.DEFAULT_CHUNK_SIZE,
          "N",
          "Tokens of a chunk (default: ${DEFAULT-VALUE}).",
          "-c",
          "--ctx-size");
  private final Value<Integer> batch =
      option(
          int.class,
          SessionOptions.DEFAULT_BATCH,
          "N",
          "Most tokens computed together; fewer need less memory (default: ${DEFAULT-VALUE}).",
          "-b",
          "--batch");

  public ImatrixCommand(Console console) {
    super(
        console,
        "imatrix",
        "Measure on a text which columns of each weight matter, for `myelin quantize --imatrix`.",
        "",
        "Ctrl-C ends it; what was measured so far is written.",
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
                    skip.get(),
                    output.get(),
                    !noPerplexity.get(),
                    parseSpecial.get(),
                    new SessionOptions(
                        0, batch.get(), threads.count(), threads.forced(), CacheType.F16)));
    Format written = format();
    if (!text.isSet()) {
      Unused.note(
          this,
          "without -f nothing is computed",
          model.option(),
          lora.option(),
          chunks,
          skip,
          noPerplexity,
          parseSpecial,
          threads.option(),
          batch);
    }
    if (!text.isSet() && before.get().isEmpty()) {
      throw Usage.wrong(spec, "no text: give -f FILE, or --in-file FILE to merge");
    }
    List<Adapter> adapters = lora.adapters();
    Checkpoint file = text.isSet() ? model.checkpoint() : null;
    Outputs outputs = new Outputs(this).reads("-f", text.get()).reads("--in-file", before.get());
    if (file != null) {
      outputs.reads(file).reads("--lora", lora.files());
    }
    outputs.writes("-o", out.get()).check(); // before hours of work rather than after
    ImportanceCollector collector = new ImportanceCollector(output.get(), context.get());
    for (Path earlier : before.get()) {
      add(collector, earlier);
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
    partial.stream().limit(MOST_SHOWN).forEach(p -> console.note("experts without tokens: " + p));
    if (partial.size() > MOST_SHOWN) {
      console.note("and in " + (partial.size() - MOST_SHOWN) + " further tensors");
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
    String read = stdin ? Input.standardInput(console) : Input.file(text.get());
    try (Model loaded = Model.load(file, adapters)) {
      Statistics.notes(console, loaded);
      OutputFile.check(out.get(), mostBytes(loaded));
      ImportanceRun run = new ImportanceRun(loaded, options, collector);
      ImatrixBar bar = new ImatrixBar(console);
      try (bar;
          Interrupts _ = Interrupts.once(run::cancel)) {
        run.run(read, bar);
      }
      collector.addDataset(stdin ? "standard input" : text.get().toString());
      bar.result();
      Statistics.adapters(console, loaded);
    }
  }

  /** What the file takes at most: a sum a column of each matrix, and its counts. */
  private static long mostBytes(Model model) {
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
      throw Usage.wrong(spec, "output format '" + format.get() + "': known are gguf, dat");
    }
    return Format.valueOf(format.get().toUpperCase(Locale.ROOT));
  }
}

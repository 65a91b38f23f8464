package dev.myelin.cli;

import dev.myelin.error.MyelinException;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.train.LoraOptions;
import dev.myelin.train.Training;
import dev.myelin.train.Training.Files;
import dev.myelin.train.TrainingOptions;
import dev.myelin.train.TrainingRun;
import dev.myelin.train.corpus.Corpus;
import dev.myelin.train.corpus.Split;
import dev.myelin.train.vocabulary.TrainedVocabulary;
import dev.myelin.train.vocabulary.VocabularyTrainer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Learns a model from text. */
final class TrainCommand extends Subcommand {
  /** Which documents are held out, the text alone decides. */
  private static final long HELD_OUT_SEED = 1;

  private final Value<Path> text =
      parameter(
          Path.class,
          true,
          "TEXT",
          "A file of UTF-8 text or a folder of such; lines of <|endoftext|> part documents.");
  private final Value<Path> output =
      option(Path.class, null, "FILE", "The checkpoint to make, a GGUF file.", "-o", "--output");
  private final Value<Boolean> resume =
      flag("Go on where a run with this output was interrupted.", "--resume");
  private final Value<Boolean> overwrite =
      flag("Replace the files of an earlier run.", "--overwrite");
  private final Value<Path> initFrom =
      option(
          Path.class,
          null,
          "FILE",
          "Learn a checkpoint of f32, f16 or bf16 weights further, with its tokenizer.",
          "--init-from");
  private final Value<Boolean> lora =
      flag("Leave the checkpoint's weights as they are and learn an adapter (LoRA).", "--lora");
  private final Value<Integer> rank =
      option(
          int.class,
          LoraOptions.DEFAULT.rank(),
          "N",
          "Rank of the adapter (default: ${DEFAULT-VALUE}).",
          "--lora-rank");
  private final Value<Float> alpha =
      option(
          float.class,
          LoraOptions.DEFAULT.alpha(),
          "X",
          "The adapter's change is scaled by this over the rank (default: ${DEFAULT-VALUE}).",
          "--lora-alpha");
  private final TrainModelFlags model = new TrainModelFlags(this);
  private final TrainFlags how = new TrainFlags(this);
  private final TrainReportFlags report = new TrainReportFlags(this);
  private final Value<List<String>> metadata =
      list(
          String.class,
          List.of(),
          null,
          "KEY=TEXT",
          "A key of the checkpoint, such as general.name; may be repeated.",
          "--meta");

  TrainCommand(Console console) {
    super(
        console,
        "train",
        "Learn a tokenizer and a model from text, or a checkpoint further.",
        "",
        "Every --checkpoint-every steps all that --resume needs is written beside the output, as",
        "NAME.state.gguf; the losses go to NAME.csv and NAME.svg. Ctrl-C ends the run after its"
            + " step.",
        "Files that are there already are left alone without --resume or --overwrite.",
        "",
        "Examples:",
        "  myelin train stories.txt -o stories.gguf --steps 2000",
        "  myelin train stories.txt -o stories.gguf --resume",
        "  myelin train letters/ -o mine.gguf --init-from qwen2.gguf --lr 1e-4 --epochs 2",
        "  myelin train letters/ -o style.gguf --init-from qwen2.gguf --lora --lora-rank 8");
  }

  @Override
  public void run() {
    if (!output.isSet()) {
      throw Usage.wrong(spec, "no output: name the checkpoint to make with -o FILE");
    }
    if (lora.get() && !initFrom.isSet()) {
      throw Usage.wrong(spec, "--lora without --init-from: name the checkpoint to adapt");
    }
    if (resume.get() && overwrite.get()) {
      throw Usage.wrong(spec, "--resume and --overwrite: expected one of them");
    }
    if (resume.get() && initFrom.isSet() != lora.get()) {
      throw Usage.wrong(spec, "--resume and --init-from: an adapter's training alone takes both");
    }
    if (!lora.get()) {
      Unused.say(this, "without --lora there is no adapter", rank, alpha);
    }
    if (initFrom.isSet()) {
      Unused.say(this, "--init-from FILE has its own shape and tokenizer", model.options());
    }
    Files files = Files.of(output.get());
    TrainReport printer = report.open(console, files.output());
    checkFiles(files, printer);
    TrainingOptions options =
        resume.get() ? how.over(Training.options(files.state(), how.threads())) : how.options();
    Split split = Split.of(Corpus.read(text.get()), options.text().heldOut(), HELD_OUT_SEED);
    try (TrainingRun run = begin(split, options, files, printer)) {
      printer.begin(run);
      TrainingRun.End end;
      try (Interrupts _ = Interrupts.once(run::stop)) {
        end = run.run(printer);
      } finally {
        printer.close();
      }
      printer.end(run, end, files);
    }
  }

  /** Before anything is read, which may take long. */
  private void checkFiles(Files files, TrainReport printer) {
    Map<String, Path> written = new LinkedHashMap<>();
    written.put("-o", files.output());
    written.put("the state of -o,", files.state());
    written.putAll(printer.files());
    Outputs outputs = new Outputs(this);
    if (java.nio.file.Files.exists(text.get())) {
      outputs.reads("TEXT", Corpus.files(text.get()));
    }
    if (initFrom.isSet()) {
      outputs.reads("--init-from", Checkpoint.in(initFrom.get()).files());
    }
    outputs.writes("-o", files.output()).writes("the state of -o,", files.state());
    printer.files().forEach(outputs::writesOther);
    outputs.check();
    for (Map.Entry<String, Path> file : written.entrySet()) {
      requireOutside(file.getKey(), file.getValue());
      if (!resume.get() && !overwrite.get() && java.nio.file.Files.isRegularFile(file.getValue())) {
        throw new MyelinException(
            file.getValue()
                + ": exists already: expected --resume to go on with that run, or --overwrite");
      }
    }
  }

  /** What lies in the folder of texts would be read as one by the next run. */
  private void requireOutside(String option, Path file) {
    Path folder = text.get();
    if (java.nio.file.Files.isDirectory(folder) && Corpus.holds(folder, file)) {
      throw Usage.wrong(
          spec,
          option + " " + file + ": lies among the texts in " + folder + ": expected it elsewhere");
    }
  }

  private TrainingRun begin(
      Split split, TrainingOptions options, Files files, TrainReport printer) {
    Map<String, Object> keys = metadata();
    if (resume.get()) {
      Optional<LoraOptions> earlier = Training.lora(files.state());
      return earlier.isPresent() && lora.get()
          ? Training.resumeAdapter(initFrom.get(), earlier.get(), split, options, files, keys)
          : Training.resume(split, options, files, keys);
    }
    if (lora.get()) {
      LoraOptions adapter = Usage.check(spec, () -> new LoraOptions(rank.get(), alpha.get()));
      return Training.adapt(initFrom.get(), adapter, split, options, files, keys);
    }
    if (initFrom.isSet()) {
      return Training.tune(initFrom.get(), split, options, files, keys);
    }
    var design = model.design(options.shape().context());
    TrainedVocabulary vocabulary =
        VocabularyTrainer.train(split.training(), model.vocabulary(options.threads()));
    printer.learned(vocabulary);
    return Training.start(split, vocabulary, design, options, files, keys);
  }

  private Map<String, Object> metadata() {
    Map<String, Object> keys = new LinkedHashMap<>();
    for (String pair : metadata.get()) {
      int at = pair.indexOf('=');
      if (at < 1) {
        throw Usage.wrong(spec, "--meta " + pair + ": expected KEY=TEXT");
      }
      keys.put(pair.substring(0, at), pair.substring(at + 1));
    }
    return keys;
  }
}

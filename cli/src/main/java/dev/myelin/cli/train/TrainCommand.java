package dev.myelin.cli.train;

import dev.myelin.cli.command.CommandFiles;
import dev.myelin.cli.command.SignalHandler;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.UnusedOptions;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.io.Console;
import dev.myelin.error.MyelinException;
import dev.myelin.error.Printable;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.train.LoraOptions;
import dev.myelin.train.Training;
import dev.myelin.train.Training.Files;
import dev.myelin.train.TrainingOptions;
import dev.myelin.train.TrainingRun;
import dev.myelin.train.TrainingText;
import dev.myelin.train.corpus.Corpus;
import dev.myelin.train.corpus.ValidationSplit;
import dev.myelin.train.vocabulary.TrainedVocabulary;
import dev.myelin.train.vocabulary.VocabularyTrainer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Trains a model on text. */
public final class TrainCommand extends Subcommand {
  /** A fixed seed, so that the validation split depends only on the text. */
  private static final long SPLIT_SEED = 1;

  private final Value<Path> text =
      parameter(
          Path.class,
          false,
          "TEXT",
          "A UTF-8 text file or a folder of them; lines of <|endoftext|> separate documents.");
  private final Value<Path> chat =
      option(
          Path.class,
          null,
          "FILE",
          "Train on conversations, one JSON object with \"messages\" per line. The model's chat"
              + " template renders them; the loss counts only the assistant's tokens.",
          "--chat");
  private final Value<Path> output =
      option(Path.class, null, "FILE", "The output model, a GGUF file.", "-o", "--output");
  private final Value<Boolean> resume =
      flag("Continue the interrupted run of this output.", "--resume");
  private final Value<Boolean> overwrite =
      flag("Replace the files of an earlier run.", "--overwrite");
  private final Value<Path> initFrom =
      option(
          Path.class,
          null,
          "FILE",
          "Fine-tune a model of f32, f16 or bf16 weights, with its tokenizer.",
          "--init-from");
  private final Value<Boolean> lora =
      flag("Train a LoRA adapter instead of the model's weights.", "--lora");
  private final Value<Integer> rank =
      option(
          Integer.class,
          null,
          "N",
          "Rank of the adapter (default: " + LoraOptions.DEFAULT.rank() + ").",
          "--lora-rank");
  private final Value<Float> alpha =
      option(
          Float.class,
          null,
          "X",
          "The adapter is scaled by alpha / rank (default: " + LoraOptions.DEFAULT.alpha() + ").",
          "--lora-alpha");
  private final NewModelOptions modelOptions = new NewModelOptions(this);
  private final TrainOptions trainOptions = new TrainOptions(this);
  private final TrainReportOptions reportOptions = new TrainReportOptions(this);
  private final Value<List<String>> metadata =
      list(
          String.class,
          List.of(),
          null,
          "KEY=TEXT",
          "A metadata key of the output, such as general.name. Repeatable.",
          "--meta");

  public TrainCommand(Console console) {
    super(
        console,
        "train",
        "Train a tokenizer and a model on text, or fine-tune a model.",
        "",
        "Every --checkpoint-every steps the state for --resume is written to NAME.state.gguf"
            + " beside",
        "the output, the losses to NAME.csv and NAME.svg. Ctrl-C ends the run after the current",
        "step. Existing files are only replaced with --resume or --overwrite.",
        "",
        "Examples:",
        "  myelin train stories.txt -o stories.gguf --steps 2000",
        "  myelin train stories.txt -o stories.gguf --resume",
        "  myelin train letters/ -o mine.gguf --init-from qwen2.gguf --lr 1e-4 --epochs 2",
        "  myelin train letters/ -o style.gguf --init-from qwen2.gguf --lora --lora-rank 8",
        "  myelin train --chat chats.jsonl -o mine.gguf --init-from qwen2.gguf --lora");
  }

  @Override
  public void run() {
    if (!output.isSet()) {
      throw Usage.error(spec, "no output: give the output model with -o FILE");
    }
    if (lora.get() && !initFrom.isSet()) {
      throw Usage.error(spec, "--lora without --init-from: give the model to adapt");
    }
    if (resume.get() && overwrite.get()) {
      throw Usage.error(spec, "--resume and --overwrite: expected one of them");
    }
    checkText();
    if (!lora.get()) {
      UnusedOptions.note(this, "--lora is not given", rank, alpha);
    }
    if (initFrom.isSet()) {
      UnusedOptions.note(
          this, "the model of --init-from has its own shape and tokenizer", modelOptions.options());
    }
    Files files = Files.of(output.get());
    TrainReport trainReport = reportOptions.open(console, files.output());
    checkFiles(files, trainReport);
    TrainingOptions options = resume.get() ? resumedOptions(files.state()) : trainOptions.options();
    try (TrainingRun run = begin(options, files, trainReport)) {
      run.notes().forEach(note -> console.note(Printable.of("note: " + note)));
      if (!options.data().parseSpecial() && !chat.isSet() && !run.notes().isEmpty()) {
        console.note("note: --parse-special parses it as the token, --chat reads conversations");
      }
      trainReport.begin(run);
      TrainingRun.EndReason end;
      try (SignalHandler _ = SignalHandler.install(run::stop)) {
        end = run.run(trainReport);
      } finally {
        trainReport.close();
      }
      trainReport.end(run, end, files);
    }
  }

  private void checkText() {
    if (chat.isSet() == text.isSet()) {
      throw Usage.error(
          spec,
          chat.isSet()
              ? "TEXT and --chat: expected one of them"
              : "no text: give a file or folder of text, or conversations with --chat FILE");
    }
    if (chat.isSet()) {
      trainOptions.requireForChat();
      if (!initFrom.isSet() && !resume.get()) {
        throw Usage.error(
            spec, "--chat without --init-from: a new model has no chat template to render with");
      }
    }
  }

  /** The options of the run to resume, overridden by the given ones. Rejects contradictions. */
  private TrainingOptions resumedOptions(Path state) {
    TrainingOptions earlier = Training.options(state, trainOptions.threads());
    Optional<LoraOptions> adapter = Training.lora(state);
    if (adapter.isPresent()) {
      if (!lora.get() || !initFrom.isSet()) {
        throw Usage.error(
            spec,
            "--resume: "
                + state
                + " is the state of an adapter: expected --lora and --init-from FILE, the model"
                + " that it adapts");
      }
      Usage.requireSame(this, rank, adapter.get().rank());
      Usage.requireSame(this, alpha, adapter.get().alpha());
    } else {
      if (lora.get() || initFrom.isSet()) {
        throw Usage.error(
            spec,
            (lora.get() ? "--lora" : "--init-from")
                + " with --resume: "
                + state
                + " is the state of a whole model");
      }
      modelOptions.requireSame(Training.model(state));
    }
    trainOptions.requireSameText(earlier);
    return trainOptions.applyTo(earlier);
  }

  /** Checks the files before any slow work. */
  private void checkFiles(Files files, TrainReport trainReport) {
    Map<String, Path> written = new LinkedHashMap<>();
    written.put("-o", files.output());
    written.put("the state of -o,", files.state());
    written.putAll(trainReport.files());
    CommandFiles outputs = new CommandFiles(this);
    if (chat.isSet()) {
      outputs.reads("--chat", List.of(chat.get()));
    } else if (java.nio.file.Files.exists(text.get())) {
      outputs.reads("TEXT", Corpus.files(text.get()));
    }
    if (initFrom.isSet()) {
      outputs.reads("--init-from", Checkpoint.of(initFrom.get()).files());
    }
    outputs.writes("-o", files.output()).writes("the state of -o,", files.state());
    trainReport.files().forEach(outputs::writesNonModel);
    outputs.check();
    for (Map.Entry<String, Path> file : written.entrySet()) {
      requireOutside(file.getKey(), file.getValue());
      if (!resume.get() && !overwrite.get() && java.nio.file.Files.isRegularFile(file.getValue())) {
        throw new MyelinException(
            file.getValue() + ": exists: expected --resume to continue that run, or --overwrite");
      }
    }
  }

  /** A file in the folder of texts would be read as text by the next run. */
  private void requireOutside(String option, Path file) {
    Path folder = text.get();
    if (folder != null
        && java.nio.file.Files.isDirectory(folder)
        && Corpus.contains(folder, file)) {
      throw Usage.error(
          spec,
          option
              + " "
              + file
              + ": is in the folder of texts "
              + folder
              + ": expected another folder");
    }
  }

  private TrainingRun begin(TrainingOptions options, Files files, TrainReport trainReport) {
    Map<String, Object> keys = metadata();
    double validationFraction = options.data().validationFraction();
    if (!initFrom.isSet() && !resume.get()) {
      return startNew(
          ValidationSplit.of(Corpus.read(text.get()), validationFraction, SPLIT_SEED),
          options,
          files,
          keys,
          trainReport);
    }
    TrainingText trainingText =
        chat.isSet()
            ? ConversationFile.read(chat.get(), validationFraction, SPLIT_SEED)
            : TrainingText.of(
                ValidationSplit.of(Corpus.read(text.get()), validationFraction, SPLIT_SEED),
                options.data().parseSpecial());
    if (resume.get()) {
      return lora.get()
          ? Training.resumeLora(
              initFrom.get(),
              Training.lora(files.state()).orElseThrow(),
              trainingText,
              options,
              files,
              keys)
          : Training.resume(trainingText, options, files, keys);
    }
    if (!lora.get()) {
      return Training.fineTune(initFrom.get(), trainingText, options, files, keys);
    }
    LoraOptions defaults = LoraOptions.DEFAULT;
    LoraOptions adapter =
        Usage.check(
            spec,
            () ->
                new LoraOptions(
                    rank.isSet() ? rank.get() : defaults.rank(),
                    alpha.isSet() ? alpha.get() : defaults.alpha()));
    return Training.fineTuneLora(initFrom.get(), adapter, trainingText, options, files, keys);
  }

  private TrainingRun startNew(
      ValidationSplit split,
      TrainingOptions options,
      Files files,
      Map<String, Object> keys,
      TrainReport trainReport) {
    var design = modelOptions.config(options.shape().context());
    TrainedVocabulary vocabulary =
        VocabularyTrainer.train(split.training(), modelOptions.vocabulary(options.threads()));
    trainReport.tokenizer(vocabulary);
    return Training.start(split, vocabulary, design, options, files, keys);
  }

  private Map<String, Object> metadata() {
    Map<String, Object> keys = new LinkedHashMap<>();
    for (String pair : metadata.get()) {
      int at = pair.indexOf('=');
      if (at < 1) {
        throw Usage.error(spec, "--meta " + pair + ": expected KEY=TEXT");
      }
      keys.put(pair.substring(0, at), pair.substring(at + 1));
    }
    return keys;
  }
}

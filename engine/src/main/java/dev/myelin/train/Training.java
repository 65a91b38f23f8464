package dev.myelin.train;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.model.Model;
import dev.myelin.train.corpus.ValidationSplit;
import dev.myelin.train.vocabulary.TrainedVocabulary;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Creates training runs: from scratch, from a checkpoint, or resumed from a state file. Stateless
 * and thread-safe.
 */
public final class Training {
  private static final Path NEW_MODEL = Path.of("new model");
  private static final Set<GgmlType> TRAINABLE_TYPES =
      EnumSet.of(GgmlType.F32, GgmlType.F16, GgmlType.BF16);

  private Training() {}

  /**
   * The files of a run.
   *
   * @param output the checkpoint to write
   * @param state the state file, from which an interrupted run is resumed
   */
  public record Files(Path output, Path state) {
    /** The state file beside the output: {@code story.state.gguf} for {@code story.gguf}. */
    public static Files of(Path output) {
      String name = output.getFileName().toString();
      String stem = name.endsWith(".gguf") ? name.substring(0, name.length() - 5) : name;
      return new Files(output, output.resolveSibling(stem + ".state.gguf"));
    }
  }

  /**
   * Trains a new model with random weights.
   *
   * @param metadata additional metadata of the checkpoint, such as {@code general.name}
   * @throws InvalidRequestException if the text is too short for the options
   */
  public static TrainingRun start(
      ValidationSplit text,
      TrainedVocabulary vocabulary,
      LlamaConfig config,
      TrainingOptions options,
      Files files,
      Map<String, Object> metadata) {
    GgufWriter model = new GgufWriter().put("general.architecture", "llama");
    ModelInitializer.putModel(config, vocabulary.size(), options.data().seed(), model);
    vocabulary.writeTo(model);
    GgufFile file = GgufFile.of(NEW_MODEL, model.toBytes());
    return newRun(new FullModel(file, metadata), plainText(text, options), options, files);
  }

  /**
   * Fine-tunes all weights of a checkpoint.
   *
   * @throws ModelFileException if its weights are not f32, f16 or bf16
   */
  public static TrainingRun fineTune(
      Path checkpoint,
      ValidationSplit text,
      TrainingOptions options,
      Files files,
      Map<String, Object> metadata) {
    return fineTune(checkpoint, plainText(text, options), options, files, metadata);
  }

  /** Same as above, for any training data. */
  public static TrainingRun fineTune(
      Path checkpoint,
      TrainingText text,
      TrainingOptions options,
      Files files,
      Map<String, Object> metadata) {
    return withFile(
        checkpoint,
        file -> {
          requireTrainable(file);
          return newRun(new FullModel(file, metadata), text, options, files);
        });
  }

  /**
   * Trains a LoRA adapter of a checkpoint, whose weights are frozen and may be quantised.
   *
   * @param metadata additional metadata of the adapter file
   */
  public static TrainingRun fineTuneLora(
      Path checkpoint,
      LoraOptions lora,
      ValidationSplit text,
      TrainingOptions options,
      Files files,
      Map<String, Object> metadata) {
    return fineTuneLora(checkpoint, lora, plainText(text, options), options, files, metadata);
  }

  /** Same as above, for any training data. */
  public static TrainingRun fineTuneLora(
      Path checkpoint,
      LoraOptions lora,
      TrainingText text,
      TrainingOptions options,
      Files files,
      Map<String, Object> metadata) {
    return withFile(
        checkpoint,
        file ->
            newRun(
                new LoraModel(file, lora, options.data().seed(), metadata), text, options, files));
  }

  /**
   * The options of the run that wrote a state file.
   *
   * @param threads number of threads, which the state file does not contain
   */
  public static TrainingOptions options(Path state, int threads) {
    try (GgufFile file = GgufFile.open(state)) {
      return StateFile.options(file, threads);
    }
  }

  /**
   * Resumes a run that trains all weights.
   *
   * @param text the text of the original run
   * @throws ModelFileException if the text differs, or the file is not a state file
   */
  public static TrainingRun resume(
      ValidationSplit text, TrainingOptions options, Files files, Map<String, Object> metadata) {
    return resume(plainText(text, options), options, files, metadata);
  }

  /** Same as above, for any training data. */
  public static TrainingRun resume(
      TrainingText text, TrainingOptions options, Files files, Map<String, Object> metadata) {
    return withFile(
        files.state(),
        file -> {
          if (isAdapter(file)) {
            throw new ModelFileException(
                file.path(), "the state of adapter training", "expected the base checkpoint too");
          }
          return restore(newRun(new FullModel(file, metadata), text, options, files), files);
        });
  }

  /**
   * Resumes a run that trains an adapter.
   *
   * @param checkpoint the base checkpoint
   * @throws ModelFileException if the state is of another checkpoint, rank or text
   */
  public static TrainingRun resumeLora(
      Path checkpoint,
      LoraOptions lora,
      ValidationSplit text,
      TrainingOptions options,
      Files files,
      Map<String, Object> metadata) {
    return resumeLora(checkpoint, lora, plainText(text, options), options, files, metadata);
  }

  /** Same as above, for any training data. */
  public static TrainingRun resumeLora(
      Path checkpoint,
      LoraOptions lora,
      TrainingText text,
      TrainingOptions options,
      Files files,
      Map<String, Object> metadata) {
    return restore(fineTuneLora(checkpoint, lora, text, options, files, metadata), files);
  }

  /** The LoRA options of a state file; empty if all weights are trained. */
  public static Optional<LoraOptions> lora(Path state) {
    try (GgufFile file = GgufFile.open(state)) {
      if (!isAdapter(file)) {
        return Optional.empty();
      }
      int rank = file.metadata().u32("training.rank");
      return Optional.of(new LoraOptions(rank, file.metadata().f32("adapter.lora.alpha")));
    }
  }

  /**
   * The model configuration of a state file.
   *
   * @throws ModelFileException if the state file is of adapter training
   */
  public static SavedConfig model(Path state) {
    try (GgufFile file = GgufFile.open(state)) {
      return SavedConfig.of(file);
    }
  }

  /** Opens a file for a run, which closes it; closes it here if the run cannot be created. */
  private static TrainingRun withFile(Path path, Function<GgufFile, TrainingRun> start) {
    GgufFile file = GgufFile.open(path);
    try {
      return start.apply(file);
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private static boolean isAdapter(GgufFile file) {
    return file.metadata().optString("general.type").orElse("").equals("adapter");
  }

  private static TrainingRun restore(TrainingRun run, Files files) {
    try (GgufFile state = GgufFile.open(files.state())) {
      run.restore(state);
      return run;
    } catch (RuntimeException e) {
      run.close();
      throw e;
    }
  }

  static TrainingRun newRun(
      TrainableModel trainable, TrainingText text, TrainingOptions options, Files files) {
    try {
      Model model = trainable.model();
      int maxContext = model.info().contextLength();
      if (options.shape().context() > maxContext) {
        throw new InvalidRequestException(
            "context = %s: the model has a context length of %s"
                .formatted(options.shape().context(), maxContext));
      }
      TrainingText.Encoded encoded = text.encode(model, options.threads());
      return new TrainingRun(trainable, encoded, options, files.output(), files.state());
    } catch (RuntimeException e) {
      trainable.close();
      throw e;
    }
  }

  private static TrainingText plainText(ValidationSplit text, TrainingOptions options) {
    return TrainingText.of(text, options.data().parseSpecial());
  }

  static void requireTrainable(GgufFile file) {
    for (TensorInfo info : file.tensors()) {
      if (!TRAINABLE_TYPES.contains(info.type())) {
        throw new ModelFileException(
            file.path(),
            "tensor " + info.name() + " has type " + info.type().ggmlName(),
            "expected f32, f16 or bf16: quantised weights cannot be trained, but an adapter can");
      }
    }
  }
}

package dev.myelin.train;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.model.Model;
import dev.myelin.train.corpus.Split;
import dev.myelin.train.vocabulary.TrainedVocabulary;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Begins runs: from nothing, from a checkpoint, or where an earlier run was interrupted. */
public final class Training {
  private static final Path NEW = Path.of("new model");
  private static final Set<GgmlType> FLOATS = EnumSet.of(GgmlType.F32, GgmlType.F16, GgmlType.BF16);

  private Training() {}

  /**
   * Where a run's files are.
   *
   * @param output the checkpoint that it makes
   * @param state what an interrupted run goes on from
   */
  public record Files(Path output, Path state) {
    /** The state beside the output: {@code story.gguf} and {@code story.state.gguf}. */
    public static Files of(Path output) {
      String name = output.getFileName().toString();
      String stem = name.endsWith(".gguf") ? name.substring(0, name.length() - 5) : name;
      return new Files(output, output.resolveSibling(stem + ".state.gguf"));
    }
  }

  /**
   * A new model with random weights.
   *
   * @param metadata further keys of the checkpoint, {@code general.name} for one
   * @throws InvalidRequestException if the text is too short for the options
   */
  public static TrainingRun start(
      Split text,
      TrainedVocabulary vocabulary,
      ModelDesign design,
      TrainingOptions options,
      Files files,
      Map<String, Object> metadata) {
    GgufWriter model = new GgufWriter().put("general.architecture", "llama");
    NewModel.describe(design, vocabulary.size(), options.text().seed(), model);
    vocabulary.put(model);
    GgufFile file = GgufFile.of(NEW, model.toBytes());
    return run(new WholeModel(file, metadata), plain(text, options), options, files);
  }

  /**
   * Every weight of a checkpoint, learned further.
   *
   * @throws ModelFileException if its weights are not f32, f16 or bf16
   */
  public static TrainingRun tune(
      Path checkpoint,
      Split text,
      TrainingOptions options,
      Files files,
      Map<String, Object> metadata) {
    return tune(checkpoint, plain(text, options), options, files, metadata);
  }

  /** As above, of any text. */
  public static TrainingRun tune(
      Path checkpoint,
      TrainingText text,
      TrainingOptions options,
      Files files,
      Map<String, Object> metadata) {
    return opened(
        checkpoint,
        file -> {
          requireFloats(file);
          return run(new WholeModel(file, metadata), text, options, files);
        });
  }

  /**
   * An adapter of a checkpoint, whose weights stay as they are; they may be quantised.
   *
   * @param metadata further keys of the adapter's file
   */
  public static TrainingRun adapt(
      Path checkpoint,
      LoraOptions lora,
      Split text,
      TrainingOptions options,
      Files files,
      Map<String, Object> metadata) {
    return adapt(checkpoint, lora, plain(text, options), options, files, metadata);
  }

  /** As above, of any text. */
  public static TrainingRun adapt(
      Path checkpoint,
      LoraOptions lora,
      TrainingText text,
      TrainingOptions options,
      Files files,
      Map<String, Object> metadata) {
    return opened(
        checkpoint,
        file ->
            run(
                new LearnedAdapter(file, lora, options.text().seed(), metadata),
                text,
                options,
                files));
  }

  /**
   * The options of the run that left a state.
   *
   * @param threads as the state does not tell
   */
  public static TrainingOptions options(Path state, int threads) {
    try (GgufFile file = GgufFile.open(state)) {
      return StateFile.options(file, threads);
    }
  }

  /**
   * A run of a whole model goes on from its state.
   *
   * @param text the same as before
   * @throws ModelFileException if it is not, or the file is no state
   */
  public static TrainingRun resume(
      Split text, TrainingOptions options, Files files, Map<String, Object> metadata) {
    return resume(plain(text, options), options, files, metadata);
  }

  /** As above, of any text. */
  public static TrainingRun resume(
      TrainingText text, TrainingOptions options, Files files, Map<String, Object> metadata) {
    return opened(
        files.state(),
        file -> {
          if (isAdapter(file)) {
            throw new ModelFileException(
                file.path(),
                "the state of an adapter's training",
                "name the checkpoint that it changes");
          }
          return restored(run(new WholeModel(file, metadata), text, options, files), files);
        });
  }

  /**
   * The training of an adapter goes on from its state.
   *
   * @param checkpoint the one that is adapted
   * @throws ModelFileException if the state is of another checkpoint, rank or text
   */
  public static TrainingRun resumeAdapter(
      Path checkpoint,
      LoraOptions lora,
      Split text,
      TrainingOptions options,
      Files files,
      Map<String, Object> metadata) {
    return resumeAdapter(checkpoint, lora, plain(text, options), options, files, metadata);
  }

  /** As above, of any text. */
  public static TrainingRun resumeAdapter(
      Path checkpoint,
      LoraOptions lora,
      TrainingText text,
      TrainingOptions options,
      Files files,
      Map<String, Object> metadata) {
    return restored(adapt(checkpoint, lora, text, options, files, metadata), files);
  }

  /** The adapter whose training left a state, none if a whole model's did. */
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
   * The model whose training left a state.
   *
   * @throws ModelFileException if the state is that of an adapter's training
   */
  public static EarlierModel model(Path state) {
    try (GgufFile file = GgufFile.open(state)) {
      return EarlierModel.of(file);
    }
  }

  /** A run that closes the file in the end, as this does where none comes about. */
  private static TrainingRun opened(Path path, Function<GgufFile, TrainingRun> begin) {
    GgufFile file = GgufFile.open(path);
    try {
      return begin.apply(file);
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private static boolean isAdapter(GgufFile file) {
    return file.metadata().optString("general.type").orElse("").equals("adapter");
  }

  private static TrainingRun restored(TrainingRun run, Files files) {
    try (GgufFile state = GgufFile.open(files.state())) {
      run.restore(state);
      return run;
    } catch (RuntimeException e) {
      run.close();
      throw e;
    }
  }

  static TrainingRun run(Learned learned, TrainingText text, TrainingOptions options, Files files) {
    try {
      Model model = learned.model();
      int longest = model.hyperparameters().contextLength();
      if (options.shape().context() > longest) {
        throw new InvalidRequestException(
            "context = %s: the model has at most %s positions"
                .formatted(options.shape().context(), longest));
      }
      TrainingText.Encoded encoded = text.encode(model, options.threads());
      return new TrainingRun(learned, encoded, options, files.output(), files.state());
    } catch (RuntimeException e) {
      learned.close();
      throw e;
    }
  }

  private static TrainingText plain(Split text, TrainingOptions options) {
    return TrainingText.of(text, options.text().parseSpecial());
  }

  static void requireFloats(GgufFile file) {
    for (TensorInfo info : file.tensors()) {
      if (!FLOATS.contains(info.type())) {
        throw new ModelFileException(
            file.path(),
            "tensor " + info.name() + " has type " + info.type().ggmlName(),
            "expected f32, f16 or bf16: quantised weights cannot be learned, an adapter can");
      }
    }
  }
}

package dev.myelin.cli.train;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.train.LlamaConfig;
import dev.myelin.train.SavedConfig;
import dev.myelin.train.vocabulary.VocabularyKind;
import dev.myelin.train.vocabulary.VocabularyOptions;
import java.util.List;

/** What a new model is like. */
final class TrainModelOptions {
  private static final String TOKENIZER = "spm";
  private static final int VOCABULARY = 1024;
  private static final int LAYERS = 4;
  private static final int WIDTH = 256;
  private static final int HEADS = 8;
  private static final float ROPE_BASE = 10_000f;
  private static final int MULTIPLE = 32;

  private final Subcommand command;
  private final Subcommand.Value<String> tokenizer;
  private final Subcommand.Value<Integer> vocabulary;
  private final Subcommand.Value<Integer> layers;
  private final Subcommand.Value<Integer> width;
  private final Subcommand.Value<Integer> heads;
  private final Subcommand.Value<Integer> kvHeads;
  private final Subcommand.Value<Integer> feedForward;
  private final Subcommand.Value<Integer> experts;
  private final Subcommand.Value<Integer> expertsUsed;
  private final Subcommand.Value<Float> ropeBase;
  private final Subcommand.Value<Float> embeddingDeviation;
  private final Subcommand.Value<Boolean> untied;

  TrainModelOptions(Subcommand command) {
    this.command = command;
    tokenizer =
        command.choice(
            List.of("spm", "bpe"),
            null,
            "KIND",
            "Kind of tokenizer: ${COMPLETION-CANDIDATES} (bytes) (default: " + TOKENIZER + ").",
            "--tokenizer");
    vocabulary = count(VOCABULARY, "Size of the vocabulary, trained on the text", "--vocabulary");
    layers = count(LAYERS, "Layers", "--layers");
    width = count(WIDTH, "Width of the residual stream", "--width");
    heads = count(HEADS, "Attention heads", "--heads");
    kvHeads = open("Heads of keys and values (default: as many).", "--kv-heads");
    feedForward =
        open(
            "Inner width of a feed-forward layer or expert (default: 8/3 of the width).",
            "--feed-forward");
    experts = count(0, "Experts of a layer, 0 for a dense model", "--experts");
    expertsUsed = open("Experts that a token uses (default: 2).", "--experts-used");
    ropeBase = number(ROPE_BASE, "Frequency base of rotary positions", "--rope-base");
    embeddingDeviation =
        number(
            LlamaConfig.EMBEDDING_DEVIATION,
            "Deviation of the first embeddings",
            "--embedding-deviation");
    untied = command.flag("Train an output matrix separate from the embedding.", "--untied");
  }

  private Subcommand.Value<Integer> count(int otherwise, String description, String name) {
    return open(description + " (default: " + otherwise + ").", name);
  }

  private Subcommand.Value<Float> number(float otherwise, String description, String name) {
    String text = description + " (default: " + otherwise + ").";
    return command.option(Float.class, null, "X", text, name);
  }

  private Subcommand.Value<Integer> open(String description, String name) {
    return command.option(Integer.class, null, "N", description, name);
  }

  /** All of them, for notes about them. */
  Subcommand.Value<?>[] options() {
    return new Subcommand.Value<?>[] {
      tokenizer,
      vocabulary,
      layers,
      width,
      heads,
      kvHeads,
      feedForward,
      experts,
      expertsUsed,
      ropeBase,
      embeddingDeviation,
      untied
    };
  }

  LlamaConfig design(int context) {
    int wide = or(width, WIDTH);
    int rounded = Math.ceilDiv(Math.max(wide * 8 / 3, 1), MULTIPLE) * MULTIPLE;
    int count = or(experts, 0);
    return Usage.check(
        command.spec,
        () ->
            new LlamaConfig(
                or(layers, LAYERS),
                wide,
                or(heads, HEADS),
                or(kvHeads, or(heads, HEADS)),
                or(feedForward, rounded),
                context,
                !untied.get(),
                count,
                or(expertsUsed, count == 0 ? 0 : 2),
                or(ropeBase, ROPE_BASE),
                or(embeddingDeviation, LlamaConfig.EMBEDDING_DEVIATION)));
  }

  VocabularyOptions vocabulary(int threads) {
    return Usage.check(
        command.spec,
        () ->
            VocabularyOptions.of(
                    VocabularyKind.forName(or(tokenizer, TOKENIZER)), or(vocabulary, VOCABULARY))
                .withThreads(threads));
  }

  private static <T> T or(Subcommand.Value<T> given, T otherwise) {
    return given.isSet() ? given.get() : otherwise;
  }

  /** Refuses options that differ from those that a resumed run began with. */
  void requireSame(SavedConfig earlier) {
    same(tokenizer, earlier.tokenizer());
    same(vocabulary, earlier.vocabulary());
    same(layers, earlier.layers());
    same(width, earlier.width());
    same(heads, earlier.heads());
    same(kvHeads, earlier.kvHeads());
    same(feedForward, earlier.feedForward());
    same(experts, earlier.experts());
    same(expertsUsed, earlier.expertsUsed());
    same(ropeBase, earlier.ropeBase());
    if (untied.get() && earlier.tied()) {
      throw Usage.wrong(
          command.spec, "--untied: the run to resume has no output apart from the embedding");
    }
    if (embeddingDeviation.isSet()) {
      throw Usage.wrong(
          command.spec,
          name(embeddingDeviation)
              + " "
              + embeddingDeviation.get()
              + ": the run to resume has its weights already");
    }
  }

  private <T> void same(Subcommand.Value<T> given, T earlier) {
    Usage.requireSame(command, given, earlier);
  }

  private static String name(Subcommand.Value<?> value) {
    return Usage.name(value);
  }
}

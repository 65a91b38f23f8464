package dev.myelin.cli.train;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.train.LlamaConfig;
import dev.myelin.train.SavedConfig;
import dev.myelin.train.vocabulary.VocabularyKind;
import dev.myelin.train.vocabulary.VocabularyOptions;
import java.util.List;

/** The shape and tokenizer of a new model. */
final class NewModelOptions {
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
  private final Subcommand.Value<Float> embeddingStd;
  private final Subcommand.Value<Boolean> untied;

  NewModelOptions(Subcommand command) {
    this.command = command;
    tokenizer =
        command.choice(
            List.of("spm", "bpe"),
            null,
            "KIND",
            "Tokenizer: ${COMPLETION-CANDIDATES} (byte-level) (default: " + TOKENIZER + ").",
            "--tokenizer");
    vocabulary =
        count(VOCABULARY, "Vocabulary size of the tokenizer trained on the text", "--vocab-size");
    layers = count(LAYERS, "Number of layers", "--layers");
    width = count(WIDTH, "Width of the residual stream (hidden size)", "--width");
    heads = count(HEADS, "Number of attention heads", "--heads");
    kvHeads = integer("Number of KV heads (default: --heads).", "--kv-heads");
    feedForward =
        integer(
            "Width of a feed-forward layer or expert (default: 8/3 of --width).", "--feed-forward");
    experts = count(0, "Experts per layer, 0 for a dense model", "--experts");
    expertsUsed = integer("Experts used per token (default: 2).", "--experts-used");
    ropeBase = number(ROPE_BASE, "RoPE frequency base", "--rope-base");
    embeddingStd =
        number(
            LlamaConfig.EMBEDDING_DEVIATION,
            "Standard deviation of the initial embeddings",
            "--embedding-std");
    untied = command.flag("Train an output matrix separate from the embedding.", "--untied");
  }

  private Subcommand.Value<Integer> count(int defaultValue, String description, String name) {
    return integer(description + " (default: " + defaultValue + ").", name);
  }

  private Subcommand.Value<Float> number(float defaultValue, String description, String name) {
    String text = description + " (default: " + defaultValue + ").";
    return command.option(Float.class, null, "X", text, name);
  }

  private Subcommand.Value<Integer> integer(String description, String name) {
    return command.option(Integer.class, null, "N", description, name);
  }

  /** All options, for notes about them. */
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
      embeddingStd,
      untied
    };
  }

  LlamaConfig config(int context) {
    int hiddenSize = orElse(width, WIDTH);
    int feedForwardSize = Math.ceilDiv(Math.max(hiddenSize * 8 / 3, 1), MULTIPLE) * MULTIPLE;
    int count = orElse(experts, 0);
    return Usage.check(
        command.spec,
        () ->
            new LlamaConfig(
                orElse(layers, LAYERS),
                hiddenSize,
                orElse(heads, HEADS),
                orElse(kvHeads, orElse(heads, HEADS)),
                orElse(feedForward, feedForwardSize),
                context,
                !untied.get(),
                count,
                orElse(expertsUsed, count == 0 ? 0 : 2),
                orElse(ropeBase, ROPE_BASE),
                orElse(embeddingStd, LlamaConfig.EMBEDDING_DEVIATION)));
  }

  VocabularyOptions vocabulary(int threads) {
    return Usage.check(
        command.spec,
        () ->
            VocabularyOptions.of(
                    VocabularyKind.forName(orElse(tokenizer, TOKENIZER)),
                    orElse(vocabulary, VOCABULARY))
                .withThreads(threads));
  }

  private static <T> T orElse(Subcommand.Value<T> given, T defaultValue) {
    return given.isSet() ? given.get() : defaultValue;
  }

  /** Rejects options that differ from those the resumed run was started with. */
  void requireSame(SavedConfig earlier) {
    requireSameValue(tokenizer, earlier.tokenizer());
    requireSameValue(vocabulary, earlier.vocabulary());
    requireSameValue(layers, earlier.layers());
    requireSameValue(width, earlier.width());
    requireSameValue(heads, earlier.heads());
    requireSameValue(kvHeads, earlier.kvHeads());
    requireSameValue(feedForward, earlier.feedForward());
    requireSameValue(experts, earlier.experts());
    requireSameValue(expertsUsed, earlier.expertsUsed());
    requireSameValue(ropeBase, earlier.ropeBase());
    if (untied.get() && earlier.tied()) {
      throw Usage.error(command.spec, "--untied: the run was started with a tied output");
    }
    if (embeddingStd.isSet()) {
      throw Usage.error(
          command.spec,
          name(embeddingStd) + " " + embeddingStd.get() + ": the run has already been initialized");
    }
  }

  private <T> void requireSameValue(Subcommand.Value<T> given, T earlier) {
    Usage.requireSame(command, given, earlier);
  }

  private static String name(Subcommand.Value<?> value) {
    return Usage.optionName(value);
  }
}

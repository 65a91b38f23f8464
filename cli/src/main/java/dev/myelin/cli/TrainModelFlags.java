package dev.myelin.cli;

import dev.myelin.train.ModelDesign;
import dev.myelin.train.vocabulary.VocabularyKind;
import dev.myelin.train.vocabulary.VocabularyOptions;
import java.util.List;

/** What a new model is like. */
final class TrainModelFlags {
  private static final String DEFAULT = " (default: ${DEFAULT-VALUE}).";
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

  TrainModelFlags(Subcommand command) {
    this.command = command;
    tokenizer =
        command.choice(
            List.of("spm", "bpe"),
            "spm",
            "KIND",
            "Kind of tokenizer: ${COMPLETION-CANDIDATES} (bytes)" + DEFAULT,
            "--tokenizer");
    vocabulary = count(1024, "Tokens in the vocabulary, learned from the text", "--vocabulary");
    layers = count(4, "Layers", "--layers");
    width = count(256, "Width of the residual stream", "--width");
    heads = count(8, "Attention heads", "--heads");
    kvHeads = open("Heads of keys and values (default: as many).", "--kv-heads");
    feedForward =
        open(
            "Inner width of a feed-forward layer or expert (default: 8/3 of the width).",
            "--feed-forward");
    experts = count(0, "Experts of a layer, 0 for a dense model", "--experts");
    expertsUsed = open("Experts that a token uses (default: 2).", "--experts-used");
    ropeBase =
        command.option(
            float.class,
            10_000f,
            "X",
            "Frequency base of rotary positions" + DEFAULT,
            "--rope-base");
    embeddingDeviation =
        command.option(
            float.class,
            ModelDesign.EMBEDDING_DEVIATION,
            "X",
            "Deviation of the first embeddings" + DEFAULT,
            "--embedding-deviation");
    untied = command.flag("Learn an output matrix apart from the embedding.", "--untied");
  }

  private Subcommand.Value<Integer> count(int otherwise, String description, String name) {
    return command.option(int.class, otherwise, "N", description + DEFAULT, name);
  }

  private Subcommand.Value<Integer> open(String description, String name) {
    return command.option(Integer.class, null, "N", description, name);
  }

  /** All of them, for what is said about them. */
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

  ModelDesign design(int context) {
    int inner = width.get() * 8 / 3;
    int rounded = Math.ceilDiv(Math.max(inner, 1), MULTIPLE) * MULTIPLE;
    int used = experts.get() == 0 ? 0 : 2;
    return Usage.check(
        command.spec,
        () ->
            new ModelDesign(
                layers.get(),
                width.get(),
                heads.get(),
                kvHeads.isSet() ? kvHeads.get() : heads.get(),
                feedForward.isSet() ? feedForward.get() : rounded,
                context,
                !untied.get(),
                experts.get(),
                expertsUsed.isSet() ? expertsUsed.get() : used,
                ropeBase.get(),
                embeddingDeviation.get()));
  }

  VocabularyOptions vocabulary(int threads) {
    return Usage.check(
        command.spec,
        () ->
            VocabularyOptions.of(VocabularyKind.named(tokenizer.get()), vocabulary.get())
                .withThreads(threads));
  }
}

package dev.myelin.cli.embed;

import dev.myelin.adapter.Adapter;
import dev.myelin.cli.command.CommandFiles;
import dev.myelin.cli.command.SignalHandler;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Progress;
import dev.myelin.cli.io.Statistics;
import dev.myelin.cli.io.Terminals;
import dev.myelin.cli.options.AdapterOptions;
import dev.myelin.cli.options.ContextOptions;
import dev.myelin.cli.options.ModelOptions;
import dev.myelin.cli.options.PromptOptions;
import dev.myelin.embed.EmbedOptions;
import dev.myelin.embed.Embedder;
import dev.myelin.embed.Pooling;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.model.Model;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Prints or writes the vectors of texts. */
public final class EmbedCommand extends Subcommand {
  private final ModelOptions model = ModelOptions.withNoMmap(this);
  private final AdapterOptions lora = new AdapterOptions(this);
  private final Value<List<Integer>> ids =
      list(Integer.class, null, ",", "ID", "Token ids, separated by commas.", "--tokens");
  private final Value<String> prompt =
      option(String.class, null, "TEXT", "A text.", "-p", "--prompt");
  private final Value<Path> file =
      option(
          Path.class,
          null,
          "FILE",
          "A file with a text on each line; - is standard input.",
          "-f",
          "--file");
  private final Value<String> pooling =
      choice(
          Arrays.stream(Pooling.values()).map(Pooling::label).toList(),
          null,
          "HOW",
          "How the tokens' vectors become one: ${COMPLETION-CANDIDATES} (default: as the file says,"
              + " else none). rank scores pairs of texts.",
          "--pooling");
  private final Value<Integer> layer =
      option(
          Integer.class,
          null,
          "N",
          "Take the input of layer N, from 0, instead of the hidden state after the last layer.",
          "--layer");
  private final Value<Boolean> noNormalize =
      flag("Do not scale vectors to length 1.", "--no-normalize", "--no-normalise");
  private final Value<Path> output =
      option(
          Path.class,
          null,
          "FILE",
          "Write little-endian float32 [vectors, width] instead of JSON.",
          "-o",
          "--output");
  private final ContextOptions context = new ContextOptions(this);

  public EmbedCommand(Console console) {
    super(
        console,
        "embed",
        "Compute vectors of texts, to compare them.",
        "",
        "Prints JSON in the format of OpenAI's embeddings, or writes floats with -o.",
        "With --pooling rank a text is QUERY<tab>DOCUMENT.",
        "",
        "Examples:",
        "  myelin embed -m minilm.gguf -p 'How do I reset my password?'",
        "  myelin embed -m minilm.gguf -f texts.txt -o vectors.f32");
  }

  @Override
  public void run() {
    Checkpoint checkpoint = model.checkpoint();
    EmbedOptions options = options(context.options());
    List<Adapter> adapters = lora.adapters();
    if ((ids.isSet() ? 1 : 0) + (prompt.isSet() ? 1 : 0) + (file.isSet() ? 1 : 0) != 1) {
      throw Usage.error(spec, "expected one of --tokens 1,2,3, -p TEXT and -f FILE");
    }
    boolean toFile = isRaw() && !output.get().toString().equals("-");
    if (isRaw() && !toFile && Terminals.isTerminal(Terminals.OUT)) {
      throw Usage.error(spec, "vectors are binary: give a file with -o, or redirect the output");
    }
    if (toFile) {
      CommandFiles files = new CommandFiles(this).reads(checkpoint).reads("--lora", lora.files());
      files.writesNonModel("-o", output.get()).check();
    }
    List<String> texts = texts();
    try (Model loaded = Model.load(checkpoint, adapters);
        Embedder embedder = Embedder.open(loaded, options);
        SignalHandler _ = SignalHandler.install(embedder::cancel)) {
      Statistics.printModelNotes(console, loaded);
      context.noteThreads(embedder.runtime().options().threads());
      Vectors vectors = embed(embedder, texts);
      if (isRaw()) {
        vectors.write(console, toFile ? output.get() : null);
      } else {
        vectors.print(console, name(loaded));
      }
      int count = vectors.all().size();
      console.note(
          "%s %s of %s values, pooling %s, %s tokens"
              .formatted(
                  count,
                  count == 1 ? "vector" : "vectors",
                  vectors.width(),
                  embedder.pooling().label(),
                  vectors.tokens()));
      Statistics.printAdapters(console, loaded);
    }
  }

  private boolean isRaw() {
    return output.isSet();
  }

  private EmbedOptions options(SessionOptions session) {
    Optional<Pooling> how =
        Optional.ofNullable(pooling.get()).map(name -> Usage.check(spec, () -> Pooling.of(name)));
    OptionalInt inputsOf = layer.isSet() ? OptionalInt.of(layer.get()) : OptionalInt.empty();
    return new EmbedOptions(session, how, !noNormalize.get(), inputsOf);
  }

  /** The texts; empty if there are token ids instead. */
  private List<String> texts() {
    if (file.isSet()) {
      return List.of(PromptOptions.readFile(console, file.get()).split("\r?\n", -1));
    }
    return prompt.isSet() ? List.of(prompt.get()) : List.of();
  }

  private Vectors embed(Embedder embedder, List<String> texts) {
    if (ids.isSet()) {
      int[] tokens = ids.get().stream().mapToInt(Integer::intValue).toArray();
      return new Vectors(embedder.embedEach(tokens), tokens.length);
    }
    List<int[]> all = new ArrayList<>();
    long count = 0;
    for (int i = 0; i < texts.size(); i++) {
      int[] tokens = tokens(embedder, texts.get(i));
      String line = file.isSet() ? "%s, line %s: ".formatted(file.get(), i + 1) : "";
      embedder.requireValid(line + "the text", tokens);
      all.add(tokens);
      count += tokens.length;
    }
    try (Progress progress =
        Progress.of(console, texts.size() > 1, "embed", texts.size(), " texts")) {
      List<List<float[]>> vectors = embedder.embedEach(all, progress::stepTo);
      return new Vectors(vectors.stream().flatMap(List::stream).toList(), count);
    }
  }

  private static int[] tokens(Embedder embedder, String text) {
    int tab = embedder.pooling() == Pooling.RANK ? text.indexOf('\t') : -1;
    return tab < 0
        ? embedder.tokens(text)
        : embedder.tokens(text.substring(0, tab), text.substring(tab + 1));
  }

  private static String name(Model model) {
    Path path = model.file().path().getFileName();
    return model
        .file()
        .metadata()
        .optString("general.name")
        .orElse(path == null ? "" : path.toString());
  }
}

package dev.myelin.cli.train;

import dev.myelin.cli.command.CommandFiles;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Progress;
import dev.myelin.file.OutputFile;
import dev.myelin.stories.StoryGenerator;
import dev.myelin.stories.StoryOptions;
import dev.myelin.stories.StoryOptions.Kind;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes stories or labelled sentences as training data. */
public final class StoriesCommand extends Subcommand {
  private static final Map<String, Kind> KINDS = new LinkedHashMap<>();
  private static final int CHUNK = 1 << 16;

  static {
    KINDS.put("story", Kind.STORY);
    KINDS.put("sentiment", Kind.SENTIMENT);
  }

  private final Value<Long> count =
      option(
          long.class, 1L, "N", "Number of stories (default: ${DEFAULT-VALUE}).", "-n", "--count");
  private final Value<Long> seed =
      option(
          long.class,
          1L,
          "N",
          "Seed of the random numbers (default: ${DEFAULT-VALUE}).",
          "-s",
          "--seed");
  private final Value<String> kind =
      choice(
          List.copyOf(KINDS.keySet()),
          "story",
          "KIND",
          "Kind of text: ${COMPLETION-CANDIDATES} (default: story).",
          "--kind");
  private final Value<Path> output =
      option(Path.class, null, "FILE", "Output file (default: standard output).", "-o", "--output");

  public StoriesCommand(Console console) {
    super(
        console,
        "stories",
        "Generate simple English stories from a grammar, as training data.",
        "",
        "Each story ends with a line "
            + StoryGenerator.SEPARATOR
            + ". With --kind sentiment each line is a",
        "sentence and its label: `The soup was cold. => negative`.",
        "",
        "Examples:",
        "  myelin stories",
        "  myelin stories -n 60000 -s 7 -o corpus.txt",
        "  myelin stories --kind sentiment -n 2000 -o sentiment.txt");
  }

  @Override
  public void run() {
    Kind textKind = KINDS.get(kind.get());
    if (textKind == null) {
      throw Usage.error(
          spec,
          "kind '%s': expected one of %s".formatted(kind.get(), String.join(", ", KINDS.keySet())));
    }
    StoryOptions options =
        Usage.check(spec, () -> new StoryOptions(textKind, seed.get(), count.get()));
    if (!output.isSet() || output.get().toString().equals("-")) {
      write(options, true, console::write);
      return;
    }
    new CommandFiles(this).writesNonModel("-o", output.get()).check();
    try (OutputFile file = new OutputFile(output.get(), 0)) {
      OutputStream out = file.stream();
      try {
        write(options, false, out::write);
      } catch (IOException e) {
        throw file.writeError(e);
      }
      file.complete();
      file.rename();
    }
  }

  /** Receives bytes. */
  private interface ByteSink<E extends Exception> {
    void write(byte[] bytes) throws E;
  }

  private <E extends Exception> void write(StoryOptions options, boolean printing, ByteSink<E> to)
      throws E {
    String end = options.kind() == Kind.STORY ? "\n" + StoryGenerator.SEPARATOR + "\n" : "\n";
    StringBuilder chunk = new StringBuilder();
    long done = 0;
    try (Progress progress =
        Progress.of(console, printing, "stories", options.count(), " stories")) {
      for (Iterator<String> texts = StoryGenerator.stream(options).map(s -> s.text()).iterator();
          texts.hasNext(); ) {
        chunk.append(texts.next()).append(end);
        done++;
        if (chunk.length() >= CHUNK) {
          to.write(chunk.toString().getBytes(StandardCharsets.US_ASCII));
          chunk.setLength(0);
          progress.stepTo(done);
        }
      }
      to.write(chunk.toString().getBytes(StandardCharsets.US_ASCII));
      progress.stepTo(done);
    }
  }
}

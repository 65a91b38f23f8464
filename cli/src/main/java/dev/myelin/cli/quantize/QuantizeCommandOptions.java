package dev.myelin.cli.quantize;

import dev.myelin.cli.command.ClosestMatch;
import dev.myelin.cli.command.CommandFiles;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.UnusedOptions;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.io.TextInput;
import dev.myelin.cli.options.ThreadOptions;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.imatrix.ImportanceMatrix;
import dev.myelin.imatrix.ImportanceMatrixFiles;
import dev.myelin.quantize.Mix;
import dev.myelin.quantize.Mixes;
import dev.myelin.quantize.QuantizeOptions;
import dev.myelin.quantize.TargetTypes;
import dev.myelin.quantize.TypeOverride;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** The options of quantize. */
final class QuantizeCommandOptions {
  static final String COPY = "COPY";

  private final Subcommand command;
  private final Subcommand.Value<Path> imatrix;
  private final Subcommand.Value<List<String>> include;
  private final Subcommand.Value<List<String>> exclude;
  private final Subcommand.Value<List<String>> tensorTypes;
  private final Subcommand.Value<Path> tensorTypeFile;
  private final Subcommand.Value<String> outputType;
  private final Subcommand.Value<String> embeddingType;
  private final Subcommand.Value<Boolean> leaveOutput;
  private final Subcommand.Value<Boolean> pure;
  private final Subcommand.Value<Boolean> requantize;
  private final ThreadOptions threads;

  QuantizeCommandOptions(Subcommand command) {
    this.command = command;
    imatrix =
        command.option(
            Path.class, null, "FILE", "An importance matrix (see `myelin imatrix`).", "--imatrix");
    include =
        names("Use it only for tensors whose names contain NAME. Repeatable.", "--include-weights");
    exclude =
        names(
            "Do not use it for tensors whose names contain NAME. Repeatable.", "--exclude-weights");
    tensorTypes =
        command.list(
            String.class,
            List.of(),
            null,
            "NAME=TYPE",
            "The type of tensors whose names match this regular expression. Repeatable; the "
                + "first match applies.",
            "--tensor-type");
    tensorTypeFile =
        command.option(
            Path.class,
            null,
            "FILE",
            "A file with NAME=TYPE pairs, separated by whitespace.",
            "--tensor-type-file");
    outputType = type("Type of output.weight.", "--output-tensor-type");
    embeddingType = type("Type of the token embedding.", "--token-embedding-type");
    leaveOutput = command.flag("Do not convert output.weight.", "--leave-output-tensor");
    pure = command.flag("Use the same type for all matrices.", "--pure");
    requantize =
        command.flag(
            "Also convert quantized tensors, with a loss of quality.", "--allow-requantize");
    threads = new ThreadOptions(command, "Number of threads; 0 is one per physical core.");
  }

  private Subcommand.Value<List<String>> names(String description, String name) {
    return command.list(String.class, List.of(), null, "NAME", description, name);
  }

  private Subcommand.Value<String> type(String description, String name) {
    List<String> known = TargetTypes.all().stream().map(GgmlType::ggmlName).toList();
    return command.choice(known, null, "TYPE", description, name);
  }

  /** Checks the options, then reads the files they name. */
  QuantizeOptions options(String typeName) {
    if (!include.get().isEmpty() && !exclude.get().isEmpty()) {
      throw Usage.error(command.spec, "expected either --include-weights or --exclude-weights");
    }
    if (!imatrix.isSet()) {
      UnusedOptions.note(command, "--imatrix is not given", include, exclude);
    }
    boolean copy = typeName.equalsIgnoreCase(COPY);
    Mix mix = copy ? Mixes.named("F32").orElseThrow() : mix(typeName);
    GgmlType output = ggmlType("--output-tensor-type", outputType.get());
    GgmlType embedding = ggmlType("--token-embedding-type", embeddingType.get());
    String fileContent = tensorTypeFile.isSet() ? TextInput.readFile(tensorTypeFile.get()) : "";
    QuantizeOptions options =
        Usage.check(
            command.spec,
            () ->
                QuantizeOptions.of(mix)
                    .withCopy(copy)
                    .withPure(pure.get())
                    .withAllowRequantize(requantize.get())
                    .withLeaveOutput(leaveOutput.get())
                    .withOutputAndEmbeddingTypes(output, embedding)
                    .withOverrides(overrides(fileContent))
                    .withThreads(threads.count()));
    return imatrix.isSet()
        ? options.withImportance(importanceMatrix(), imatrix.get().toString())
        : options;
  }

  /** Adds the files that {@link #options} reads. */
  CommandFiles inputs(CommandFiles files) {
    return files
        .reads("--imatrix", imatrix.get())
        .reads("--tensor-type-file", tensorTypeFile.get());
  }

  private Mix mix(String name) {
    return Mixes.named(name)
        .orElseThrow(() -> unknownType("type '" + name + "'", name, mixNames()));
  }

  private static List<String> mixNames() {
    return Stream.concat(
            Stream.concat(Mixes.all().stream().map(Mix::name), Stream.of(COPY)),
            Mixes.aliases().keySet().stream())
        .toList();
  }

  private RuntimeException unknownType(String what, String typed, List<String> known) {
    Optional<String> near = ClosestMatch.find(typed.toUpperCase(Locale.ROOT), upper(known));
    String hint = near.map(n -> "did you mean " + n + "?").orElse("see `myelin quantize --list`");
    return Usage.error(command.spec, "unknown " + what + ": " + hint);
  }

  private static List<String> upper(List<String> names) {
    return names.stream().map(n -> n.toUpperCase(Locale.ROOT)).toList();
  }

  private GgmlType ggmlType(String option, String name) {
    if (name == null) {
      return null;
    }
    List<String> known = TargetTypes.all().stream().map(GgmlType::ggmlName).toList();
    if (known.stream().noneMatch(name::equalsIgnoreCase)) {
      throw unknownType("type '" + name + "' for " + option, name, known);
    }
    return TargetTypes.named(name);
  }

  /**
   * @param fileContent more pairs, from a file
   */
  private List<TypeOverride> overrides(String fileContent) {
    List<String> all = new ArrayList<>(tensorTypes.get());
    Stream.of(fileContent.split("\\s+")).filter(pair -> !pair.isEmpty()).forEach(all::add);
    for (String pair : all) {
      int equals = pair.lastIndexOf('=');
      if (equals > 0 && equals < pair.length() - 1) {
        ggmlType("--tensor-type", pair.substring(equals + 1));
      }
    }
    return all.stream().map(TypeOverride::of).toList();
  }

  private void noteUnused(String option, List<String> names, ImportanceMatrix matrix) {
    names.stream()
        .filter(name -> matrix.entries().keySet().stream().noneMatch(e -> e.contains(name)))
        .forEach(name -> command.console.note(option + " " + name + ": matches no tensor"));
  }

  private ImportanceMatrix importanceMatrix() {
    ImportanceMatrix all = ImportanceMatrixFiles.read(imatrix.get());
    noteUnused("--include-weights", include.get(), all);
    noteUnused("--exclude-weights", exclude.get(), all);
    ImportanceMatrix selected =
        all.filter(
            name ->
                exclude.get().stream().noneMatch(name::contains)
                    && (include.get().isEmpty()
                        || include.get().stream().anyMatch(name::contains)));
    if (selected.entries().isEmpty() && !all.entries().isEmpty()) {
      throw new InvalidRequestException(
          "%s %s: selects no entry of %s"
              .formatted(
                  include.get().isEmpty() ? "--exclude-weights" : "--include-weights",
                  String.join(", ", include.get().isEmpty() ? exclude.get() : include.get()),
                  imatrix.get()));
    }
    return selected;
  }
}

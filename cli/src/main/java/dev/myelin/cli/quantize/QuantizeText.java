package dev.myelin.cli.quantize;

import dev.myelin.cli.io.TextInput;
import dev.myelin.cli.io.TextTable;
import dev.myelin.cli.io.Units;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.gguf.GgmlType;
import dev.myelin.plan.Plan;
import dev.myelin.quantize.Mix;
import dev.myelin.quantize.Mixes;
import dev.myelin.quantize.PlannedTensor;
import dev.myelin.quantize.QuantizeOptions;
import dev.myelin.quantize.QuantizePlan;
import dev.myelin.quantize.TargetTypes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The output of quantize as text. */
final class QuantizeText {
  private QuantizeText() {}

  /** All file types and tensor types. */
  static String types() {
    Map<String, String> aliases = new TreeMap<>();
    Mixes.aliases().forEach((alias, name) -> aliases.put(name, "also " + alias));
    TextTable mixes = new TextTable("lrlrl").row("type", "id", "base", "bits/weight", "");
    for (Mix mix : Mixes.all()) {
      mixes.row(
          mix.name(),
          Integer.toString(mix.fileType()),
          mix.base().ggmlName(),
          Units.decimals(Plan.typicalBits(mix), 2),
          aliases.getOrDefault(mix.name(), ""));
    }
    mixes.row(QuantizeCommandOptions.COPY, "", "", "", "unchanged tensors");
    TextTable types = new TextTable("lr").row("tensor type", "bits/weight");
    for (GgmlType type : TargetTypes.all()) {
      types.row(type.ggmlName(), Units.decimals(type.bitsPerElement(), 4));
    }
    return mixes + "\nbits/weight: for Llama 3.1 8B; base: the type of most matrices\n\n" + types;
  }

  /** The type of each tensor. */
  static String plan(QuantizePlan plan, QuantizeOptions options) {
    TextTable table = new TextTable("lrllrl").row("tensor", "shape", "from", "to", "bytes", "");
    for (PlannedTensor t : plan.tensors()) {
      table.row(
          t.source().name(),
          t.source().shape().stream().map(String::valueOf).collect(Collectors.joining("x")),
          t.source().type().ggmlName(),
          t.isCopied() ? "" : t.type().ggmlName(),
          Units.grouped(t.bytes()),
          remark(t, options));
    }
    String total =
        "tensors: %s -> %s, %s bits/weight%n"
            .formatted(
                Units.bytes(plan.bytesBefore()),
                Units.bytes(plan.bytesAfter()),
                Units.decimals(plan.bitsPerWeight(), 2));
    return table
        + "\n"
        + total
        + (plan.needsImportance() ? "an importance matrix is required: --imatrix FILE\n" : "");
  }

  private static String remark(PlannedTensor t, QuantizeOptions options) {
    if (t.lacksImportance()) {
      return "requires an importance matrix";
    }
    if (t.fallback()) {
      return "fallback: row size does not fit";
    }
    if (!t.isCopied() && zeroes(options).contains(t.source().name())) {
      return "all zeros in the importance matrix";
    }
    boolean without = options.importance() != null && !t.isCopied() && !t.hasImportance();
    return without ? "not in the importance matrix" : "";
  }

  /** Rules that match no converted tensor. */
  static List<String> unused(QuantizePlan plan) {
    return plan.unusedOverrides().stream()
        .map(o -> "--tensor-type " + o + ": matches no converted tensor")
        .toList();
  }

  /** Notes after a conversion. */
  static List<String> notes(QuantizePlan plan, QuantizeOptions options) {
    List<String> notes = new ArrayList<>();
    notes.addAll(unused(plan));
    if (plan.fallbacks() > 0) {
      notes.add(
          plan.fallbacks()
              + " tensors have rows that do not fit their type and use a fallback type (see"
              + " --dry-run)");
    }
    if (options.importance() != null) {
      long converted = plan.tensors().stream().filter(t -> !t.isCopied()).count();
      long weighted = plan.tensors().stream().filter(PlannedTensor::hasImportance).count();
      List<String> zeroes = zeroes(options);
      zeroes.retainAll(
          plan.tensors().stream().filter(t -> !t.isCopied()).map(t -> t.source().name()).toList());
      if (!zeroes.isEmpty()) {
        notes.add(
            "all zeros in the importance matrix, ignored: "
                + zeroes.getFirst()
                + (zeroes.size() == 1 ? "" : " and " + (zeroes.size() - 1) + " more"));
      }
      notes.add(weighted + " of " + converted + " tensors converted with the importance matrix");
    }
    return notes;
  }

  private static List<String> zeroes(QuantizeOptions options) {
    return options.importance() == null
        ? List.of()
        : new ArrayList<>(options.importance().zeroEntries());
  }

  /** The files with their sizes; for a split model, the sum of its parts. */
  static String summary(Path in, Path out, QuantizePlan plan, long nanos) {
    return "%s %s -> %s, %s bits/weight, %s s"
        .formatted(
            in,
            Units.bytes(Checkpoint.of(in).files().stream().mapToLong(QuantizeText::size).sum()),
            Files.isRegularFile(out) ? out + " " + Units.bytes(size(out)) : out,
            Units.decimals(plan.bitsPerWeight(), 2),
            Units.decimals(nanos / 1e9, 1));
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw TextInput.fileError(file.toString(), e);
    }
  }
}

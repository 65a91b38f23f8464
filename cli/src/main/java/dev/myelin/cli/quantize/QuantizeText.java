package dev.myelin.cli.quantize;

import dev.myelin.cli.io.Input;
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

/** Tables and lines about conversions. */
final class QuantizeText {
  private QuantizeText() {}

  /** Every mix and every type. */
  static String types() {
    Map<String, String> aliases = new TreeMap<>();
    Mixes.aliases().forEach((alias, name) -> aliases.put(name, "also " + alias));
    TextTable mixes = new TextTable("lrlrl").row("type", "number", "most", "bits", "");
    for (Mix mix : Mixes.all()) {
      mixes.row(
          mix.name(),
          Integer.toString(mix.fileType()),
          mix.base().ggmlName(),
          Units.decimals(Plan.typicalBits(mix), 2),
          aliases.getOrDefault(mix.name(), ""));
    }
    mixes.row(QuantizeCommandOptions.COPY, "", "", "", "tensors as they are");
    TextTable types = new TextTable("lr").row("tensor type", "bits");
    for (GgmlType type : TargetTypes.all()) {
      types.row(type.ggmlName(), Units.decimals(type.bitsPerElement(), 4));
    }
    return mixes
        + "\nbits: a parameter of Llama 3.1 8B takes so many; most: the type of most matrices\n\n"
        + types;
  }

  /** What each tensor becomes. */
  static String plan(QuantizePlan plan, QuantizeOptions options) {
    TextTable table = new TextTable("lrllrl").row("tensor", "shape", "from", "to", "bytes", "");
    for (PlannedTensor t : plan.tensors()) {
      table.row(
          t.source().name(),
          t.source().shape().stream().map(String::valueOf).collect(Collectors.joining("x")),
          t.source().type().ggmlName(),
          t.isCopied() ? "" : t.type().ggmlName(),
          Units.exact(t.bytes()),
          remark(t, options));
    }
    String total =
        "%s of tensors become %s, %s bits a weight%n"
            .formatted(
                Units.bytes(plan.bytesBefore()),
                Units.bytes(plan.bytesAfter()),
                Units.decimals(plan.bitsPerWeight(), 2));
    return table
        + "\n"
        + total
        + (plan.needsImportance() ? "an importance matrix is needed: --imatrix FILE\n" : "");
  }

  private static String remark(PlannedTensor t, QuantizeOptions options) {
    if (t.lacksImportance()) {
      return "needs an importance matrix";
    }
    if (t.fallback()) {
      return "rows do not fit";
    }
    if (!t.isCopied() && zeroes(options).contains(t.source().name())) {
      return "zero everywhere in the importance matrix";
    }
    boolean without = options.importance() != null && !t.isCopied() && !t.hasImportance();
    return without ? "not in the importance matrix" : "";
  }

  /** Rules that match no tensor that is converted. */
  static List<String> unused(QuantizePlan plan) {
    return plan.unusedOverrides().stream()
        .map(o -> "--tensor-type " + o + ": changes no tensor")
        .toList();
  }

  /** What is worth knowing after a conversion. */
  static List<String> notes(QuantizePlan plan, QuantizeOptions options) {
    List<String> notes = new ArrayList<>();
    notes.addAll(unused(plan));
    if (plan.fallbacks() > 0) {
      notes.add(
          plan.fallbacks()
              + " tensors have rows that do not fit their type and got another (--dry-run shows"
              + " which)");
    }
    if (options.importance() != null) {
      long converted = plan.tensors().stream().filter(t -> !t.isCopied()).count();
      long weighted = plan.tensors().stream().filter(PlannedTensor::hasImportance).count();
      List<String> zeroes = zeroes(options);
      zeroes.retainAll(
          plan.tensors().stream().filter(t -> !t.isCopied()).map(t -> t.source().name()).toList());
      if (!zeroes.isEmpty()) {
        notes.add(
            "zero everywhere in the importance matrix, which counts as no entry: "
                + zeroes.getFirst()
                + (zeroes.size() == 1 ? "" : " and " + (zeroes.size() - 1) + " more"));
      }
      notes.add(weighted + " of " + converted + " tensors converted by the importance matrix");
    }
    return notes;
  }

  private static List<String> zeroes(QuantizeOptions options) {
    return options.importance() == null
        ? List.of()
        : new ArrayList<>(options.importance().zeroEntries());
  }

  /** The files with their sizes; of a split checkpoint, all parts together. */
  static String summary(Path in, Path out, QuantizePlan plan, long nanos) {
    return "%s %s -> %s, %s bits a weight, %s s"
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
      throw Input.failure(file.toString(), e);
    }
  }
}

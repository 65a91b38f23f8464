package dev.myelin.cli.inspect;

import dev.myelin.cli.io.TextTable;
import dev.myelin.cli.io.Units;
import dev.myelin.error.Printable;
import dev.myelin.inspect.CacheCost;
import dev.myelin.inspect.Group;
import dev.myelin.inspect.InspectedTensor;
import dev.myelin.inspect.Inspection;
import dev.myelin.inspect.MetadataEntry;
import dev.myelin.inspect.ModelShape;
import dev.myelin.inspect.TokenCost;
import dev.myelin.inspect.TokenizerSummary;
import dev.myelin.state.CacheType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** An inspection as text. */
final class InspectText {
  private static final int MAX_VALUE = 80;

  private InspectText() {}

  static String summary(Inspection i) {
    StringBuilder text = new StringBuilder(file(i)).append("\n\n").append(model(i));
    if (!i.tensors().isEmpty()) {
      text.append('\n').append(components(i));
      text.append('\n').append(types(i));
      text.append('\n').append(cost(i));
    }
    return text.toString();
  }

  static String file(Inspection i) {
    return Printable.of(i.path().toString())
        + (": GGUF version " + i.version())
        + (", " + i.fileType().label())
        + (i.files() == 1 ? "" : ", " + i.files() + " files")
        + (", " + Units.bytes(i.fileBytes()));
  }

  static TextTable components(Inspection i) {
    return groups("component", g -> g.label(), i.components(), i);
  }

  static TextTable types(Inspection i) {
    return groups("type", g -> g.ggmlName(), i.types(), null);
  }

  static TextTable model(Inspection i) {
    ModelShape shape = i.shape();
    ModelShape.Heads heads = shape.heads();
    TextTable table = new TextTable("ll");
    shape.name().ifPresent(name -> table.row("name", shorten(name)));
    table.row("architecture", shorten(shape.architecture().orElse("unknown")) + dimensions(shape));
    if (heads.query().isPresent()) {
      String attention = heads.query().getAsInt() + " heads";
      attention += text(" of size %d", heads.size());
      attention +=
          text(
              heads.keyValue().orElse(0) == 1 ? ", %d KV head" : ", %d KV heads", heads.keyValue());
      table.row("attention", attention + text(" (%d per KV head)", heads.queryHeadsPerKvHead()));
    }
    if (shape.experts().count() > 0) {
      ModelShape.Experts e = shape.experts();
      String shared = e.shared() == 0 ? "" : ", " + e.shared() + " shared";
      table.row("experts", e.count() + ", " + e.used() + " used per token" + shared);
    }
    shape.contextLength().ifPresent(n -> table.row("context", Units.grouped(n) + " tokens"));
    i.tokenizer().ifPresent(t -> table.row("tokenizer", tokenizer(t)));
    return table;
  }

  private static String dimensions(ModelShape shape) {
    return text(shape.layers().orElse(0) == 1 ? ", %d layer" : ", %d layers", shape.layers())
        + text(", width %d", shape.width())
        + text(", feed-forward %d", shape.feedForward());
  }

  private static String text(String format, OptionalInt number) {
    return number.isPresent() ? String.format(Locale.ROOT, format, number.getAsInt()) : "";
  }

  private static String tokenizer(TokenizerSummary t) {
    return shorten(t.kind())
        + t.preTokenizer().map(pre -> " (" + shorten(pre) + ")").orElse("")
        + ", "
        + Units.grouped(t.tokens())
        + " tokens"
        + (t.merges() == 0 ? "" : ", " + Units.grouped(t.merges()) + " merges")
        + (t.chatTemplate() ? ", with a chat template" : "");
  }

  /** A table of groups, with a row for the total unless that is null. */
  private static <K> TextTable groups(
      String name, Function<K, String> label, List<Group<K>> groups, Inspection total) {
    long parameters = groups.stream().mapToLong(Group::parameters).sum();
    long bytes = groups.stream().mapToLong(Group::bytes).sum();
    TextTable table = new TextTable("lrrrrrr");
    table.row(name, "tensors", "parameters", "share", "bytes", "share", "bits/weight");
    for (Group<K> group : groups) {
      table.row(cells(label.apply(group.key()), group, parameters, bytes));
    }
    if (total != null) {
      table.row(cells("total", total.total(), parameters, bytes));
    }
    return table;
  }

  private static String[] cells(String label, Group<?> group, long parameters, long bytes) {
    return new String[] {
      label,
      Units.grouped(group.tensors()),
      Units.grouped(group.parameters()),
      Units.percent(group.parameters(), parameters),
      Units.grouped(group.bytes()),
      Units.percent(group.bytes(), bytes),
      Units.decimals(group.bitsPerWeight(), 2)
    };
  }

  static TextTable cost(Inspection i) {
    TokenCost cost = i.tokenCost();
    TextTable table = new TextTable("ll");
    table.row(
        "active",
        Units.grouped(cost.active())
            + " parameters per token ("
            + Units.percent(cost.active(), i.total().parameters())
            + "), "
            + Units.grouped(cost.embeddingRow())
            + " in embedding rows");
    if (cost.tied() > 0) {
      table.row("tied", Units.grouped(cost.tied()) + " parameters are both embedding and output");
    }
    table.row("read", Units.grouped(cost.bytes()) + " bytes of parameters per token");
    String attention =
        i.cache()
            .map(c -> ", " + Units.abbreviated(c.flops()) + " per earlier position")
            .orElse("");
    table.row("flops", Units.abbreviated(cost.flops()) + " per token" + attention);
    i.cache()
        .ifPresent(c -> table.row("cache", cache(c) + fullContext(c, i.shape().contextLength())));
    Map<String, List<String>> byReason = new TreeMap<>();
    i.ignored()
        .forEach((name, why) -> byReason.computeIfAbsent(why, w -> new ArrayList<>()).add(name));
    byReason.forEach((why, names) -> table.row("not used", unused(names) + ": " + why));
    return table;
  }

  private static String unused(List<String> names) {
    String first = Printable.of(names.getFirst());
    return names.size() == 1 ? first : names.size() + " tensors, " + first + " the first";
  }

  private static String cache(CacheCost cache) {
    StringBuilder text = new StringBuilder();
    for (CacheType type : List.of(CacheType.F32, CacheType.F16, CacheType.Q8_0)) {
      Long bytes = cache.bytes().get(type);
      String name = type.name().toLowerCase(Locale.ROOT);
      text.append(text.isEmpty() ? "" : ", ").append(name).append(' ');
      text.append(bytes == null ? "not supported" : Units.grouped(bytes));
    }
    text.append(" bytes per token");
    return text + text(", in some layers for a sliding window of %d tokens", cache.slidingWindow());
  }

  /** The size for the full context with the default type. */
  private static String fullContext(CacheCost cache, OptionalInt context) {
    boolean isKnown = !cache.states().isEmpty() || cache.slidingWindow().isEmpty();
    if (!isKnown || context.isEmpty() || !cache.bytes().containsKey(CacheType.F16)) {
      return "";
    }
    long bytes = cache.totalBytes(CacheType.F16, context.getAsInt());
    return "; f16 " + Units.bytes(bytes) + " for the full context";
  }

  static TextTable tensors(Inspection i) {
    TextTable table = new TextTable("lllrrr");
    table.row("tensor", "component", "type", "shape", "parameters", "bytes");
    for (InspectedTensor tensor : i.tensors()) {
      table.row(
          shorten(tensor.info().name()),
          tensor.component().label(),
          tensor.info().type().ggmlName(),
          HistogramText.shape(tensor.info()),
          Units.grouped(tensor.parameters()),
          Units.grouped(tensor.info().bytes()));
    }
    return table;
  }

  static TextTable metadata(Inspection i) {
    TextTable table = new TextTable("lll");
    table.row("key", "type", "value");
    for (MetadataEntry entry : i.metadata()) {
      String type = entry.isArray() ? entry.type() + "[" + entry.count() + "]" : entry.type();
      table.row(shorten(entry.key()), type, value(entry));
    }
    return table;
  }

  private static String value(MetadataEntry entry) {
    String values =
        entry.values().stream().map(InspectText::value).collect(Collectors.joining(", "));
    boolean isTruncated = entry.count() > entry.values().size();
    return isTruncated ? values + ", ..." : values;
  }

  private static String value(Object value) {
    return value instanceof String text ? '"' + shorten(text) + '"' : String.valueOf(value);
  }

  private static String shorten(String text) {
    String line = Printable.of(text);
    return line.length() > MAX_VALUE ? line.substring(0, MAX_VALUE) + "..." : line;
  }
}

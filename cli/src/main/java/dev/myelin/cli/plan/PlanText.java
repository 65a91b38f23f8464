package dev.myelin.cli.plan;

import dev.myelin.cli.io.TextTable;
import dev.myelin.cli.io.Units;
import dev.myelin.error.Printable;
import dev.myelin.graph.Devices;
import dev.myelin.inspect.ModelShape;
import dev.myelin.plan.KnownModel;
import dev.myelin.plan.MachineMemory;
import dev.myelin.plan.MemoryBandwidth;
import dev.myelin.plan.Plan;
import dev.myelin.plan.PlannedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A plan as text. */
final class PlanText {
  private PlanText() {}

  static String of(Plan plan, MachineMemory memory, MemoryBandwidth speed, Long trainingTokens) {
    TextTable head = new TextTable("ll");
    head.row("model", model(plan.model()));
    head.row("active", active(plan));
    if (trainingTokens != null) {
      head.row("training", training(plan, trainingTokens));
    }
    head.row("cache", cache(plan));
    head.row("types", types(plan.model()));
    head.row("memory", memory(memory));
    for (Devices.Device device : memory.devices()) {
      head.row(
          "device",
          "%s: %s, %s, %s free"
              .formatted(
                  device.name(),
                  Printable.of(device.description()),
                  Units.bytes(device.totalBytes()),
                  Units.bytes(device.freeBytes())));
    }
    head.row("bandwidth", bandwidth(speed));
    return head + "\n" + rows(plan, memory, speed);
  }

  private static String model(PlannedModel subject) {
    String source = subject.source().isEmpty() ? "" : " (" + Printable.of(subject.source()) + ")";
    String name = Printable.of(subject.name()) + source;
    return name + ", " + Units.grouped(subject.parameters()) + " parameters";
  }

  private static String active(Plan plan) {
    PlannedModel subject = plan.model();
    ModelShape.Experts e = subject.experts();
    String experts = e.count() == 0 ? "" : ", " + e.used() + " of " + e.count() + " experts";
    return Units.grouped(subject.active())
        + " parameters per token"
        + experts
        + ", "
        + Units.abbreviated(plan.flops())
        + " FLOPs";
  }

  private static String training(Plan plan, long tokens) {
    return String.format(
        Locale.ROOT,
        "%.2e FLOPs for %s tokens: 6 per token and active parameter",
        plan.trainingFlops(tokens),
        Units.abbreviated(tokens));
  }

  private static String cache(Plan plan) {
    if (plan.cacheBytes().isEmpty()) {
      return "unknown, since it depends on the shape: not included below";
    }
    return "%s in %s for %s tokens"
        .formatted(
            Units.bytes(plan.cacheBytes().getAsLong()),
            plan.cacheType().type().ggmlName(),
            Units.grouped(plan.context()));
  }

  private static String types(PlannedModel subject) {
    return subject.tensors().isEmpty()
        ? "as in " + Plan.reference(subject.parameters()).name()
        : "per tensor, as llama-quantize chooses them without an importance matrix";
  }

  private static String memory(MachineMemory memory) {
    return Units.bytes(memory.totalBytes())
        + ", "
        + Units.bytes(memory.availableBytes())
        + " available";
  }

  private static String bandwidth(MemoryBandwidth speed) {
    String perSecond = Units.bytes(speed.bytesPerSecond()) + "/s";
    return !speed.isMeasured()
        ? perSecond + ", as given"
        : "%s, measured with %s %s reading %s"
            .formatted(
                perSecond,
                speed.threads(),
                speed.threads() == 1 ? "thread" : "threads",
                Units.bytes(speed.bytes()));
  }

  private static TextTable rows(Plan plan, MachineMemory memory, MemoryBandwidth speed) {
    List<String> titles = new ArrayList<>();
    titles.addAll(List.of("quantization", "bits/weight", "weights", "total", "fits"));
    memory.devices().forEach(d -> titles.add("fits " + d.name()));
    titles.add(
        plan.cacheBytes().isPresent() ? "tokens/s, full context" : "tokens/s, empty context");
    TextTable table = new TextTable("lrrrl" + "l".repeat(memory.devices().size()) + "r");
    table.row(titles.toArray(String[]::new));
    for (Plan.Row row : plan.rows()) {
      long total = plan.totalBytes(row);
      List<String> cells = new ArrayList<>();
      cells.add(row.label());
      cells.add(Units.decimals(row.bitsPerWeight(), 2));
      cells.add(Units.bytes(row.weightBytes()));
      cells.add(plan.cacheBytes().isEmpty() ? "?" : Units.bytes(total));
      cells.add(memory.fit(total).label());
      memory.devices().forEach(d -> cells.add(MachineMemory.fit(total, d).label()));
      cells.add(tokens(plan.tokensPerSecond(row, speed).orElse(0)));
      table.row(cells.toArray(String[]::new));
    }
    return table;
  }

  /** At least two significant digits. */
  private static String tokens(double number) {
    int digits = number < 0.1 ? 3 : number < 1 ? 2 : number < 100 ? 1 : 0;
    return Units.decimals(number, digits);
  }

  static String list(List<KnownModel> models) {
    TextTable table = new TextTable("lrrl");
    table.row("name", "parameters", "active", "source");
    for (KnownModel model : models) {
      PlannedModel subject = PlannedModel.of(model);
      table.row(
          model.id(),
          Units.grouped(subject.parameters()),
          Units.grouped(subject.active()),
          model.source());
    }
    return table.toString();
  }
}

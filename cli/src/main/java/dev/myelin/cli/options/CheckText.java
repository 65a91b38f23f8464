package dev.myelin.cli.options;

import dev.myelin.cli.io.TextTable;
import dev.myelin.cli.io.Units;
import dev.myelin.error.Printable;
import dev.myelin.hub.ModelCheck;
import dev.myelin.hub.Pull;
import dev.myelin.hub.RemoteModel;
import dev.myelin.plan.MachineMemory;

/** What a model needs, and whether it runs here, as text. */
public final class CheckText {
  private CheckText() {}

  public static String of(Pull pull, ModelCheck check) {
    RemoteModel model = pull.remote();
    TextTable table = new TextTable("ll");
    table.row("model", Printable.of(model(model, check)));
    table.row("download", download(pull, model));
    if (check.memoryBytes() > 0) {
      table.row("memory", memory(check));
    }
    if (check.tokensPerSecond().isPresent()) {
      double speed = check.tokensPerSecond().getAsDouble();
      table.row(
          "speed",
          "at most "
              + Units.decimals(speed, speed < 100 ? 1 : 0)
              + " tokens/s with a full context");
    }
    table.row(
        "runs",
        check.problem().map(p -> "no: " + Printable.of(p)).orElse("yes, with this version"));
    return table.toString();
  }

  private static String model(RemoteModel model, ModelCheck check) {
    StringBuilder text = new StringBuilder(model.name().toString());
    if (!check.architecture().isEmpty()) {
      text.append(", ").append(check.architecture());
    }
    if (check.parameters() > 0) {
      text.append(", ").append(Units.abbreviated(check.parameters())).append(" parameters");
    }
    return check.type().isEmpty() ? text.toString() : text + ", " + check.type();
  }

  private static String download(Pull pull, RemoteModel model) {
    long missing = pull.missingBytes();
    long free = pull.freeBytes();
    int files = model.files().size();
    return Units.bytes(model.bytes())
        + (files > 1 ? " in " + files + " files" : "")
        + (missing < model.bytes() ? ", " + Units.bytes(missing) + " of it missing" : "")
        + (free == Long.MAX_VALUE ? "" : "; " + Units.bytes(free) + " free on the disk")
        + (missing > free ? ": not enough" : "");
  }

  private static String memory(ModelCheck check) {
    String need =
        Units.bytes(check.memoryBytes())
            + " with a context of "
            + Units.grouped(check.context())
            + " tokens";
    if (check.memory().isEmpty()) {
      return need;
    }
    MachineMemory memory = check.memory().get();
    String available = Units.bytes(memory.availableBytes()) + " available";
    return need
        + switch (memory.fit(check.memoryBytes())) {
          case NOW -> ": fits, " + available;
          case IF_FREED -> ": fits if other programs free memory, " + available;
          case NO ->
              ": larger than the memory of "
                  + Units.bytes(memory.totalBytes())
                  + ", slow from disk";
        };
  }
}

package dev.myelin.cli.models;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Json;
import dev.myelin.cli.io.TextTable;
import dev.myelin.cli.io.Units;
import dev.myelin.cli.options.NamedModel;
import dev.myelin.error.Printable;
import dev.myelin.hub.Hub;
import dev.myelin.hub.StoredModel;
import java.util.List;
import java.util.Map;

/** Lists the downloaded models. */
public final class ListCommand extends Subcommand {
  private static final int DATE_CHARS = 10;

  private final Value<Boolean> json = flag("Print JSON.", "--json");

  public ListCommand(Console console) {
    super(
        console,
        "list",
        "List the downloaded models.",
        "",
        "Examples:",
        "  myelin list",
        "  myelin list --json | jq -r '.[].path'");
  }

  @Override
  public void run() {
    Hub hub = NamedModel.hub(this, true);
    console.print(json.get() ? Json.pretty(array(hub)) : text(hub));
  }

  private static String text(Hub hub) {
    TextTable table = new TextTable("lrll");
    table.row("name", "size", "pulled", "alias");
    for (StoredModel model : hub.list()) {
      table.row(
          Printable.of(model.name()),
          Units.bytes(model.bytes()),
          model.pulled().toString().substring(0, DATE_CHARS),
          String.join(", ", aliases(hub, model)));
    }
    for (Map.Entry<String, String> alias : hub.aliases().entrySet()) {
      if (hub.stored(alias.getKey()).isEmpty()) {
        table.row(Printable.of(alias.getValue()), "", "", alias.getKey());
      }
    }
    for (String name : hub.unfinished()) {
      table.row(Printable.of(name), "", "unfinished", "");
    }
    return table.toString();
  }

  /** The aliases of a model. */
  static List<String> aliases(Hub hub, StoredModel model) {
    return hub.aliases().keySet().stream()
        .filter(a -> hub.stored(a).filter(m -> m.name().equals(model.name())).isPresent())
        .toList();
  }

  private static ArrayNode array(Hub hub) {
    ArrayNode array = Json.array();
    hub.list().forEach(model -> array.add(object(hub, model)));
    return array;
  }

  /** A model as JSON. */
  static ObjectNode object(Hub hub, StoredModel model) {
    ObjectNode node = Json.object();
    node.put("name", model.name());
    ArrayNode names = node.putArray("names");
    model.names().forEach(names::add);
    ArrayNode aliases = node.putArray("aliases");
    aliases(hub, model).forEach(aliases::add);
    node.put("origin", model.origin());
    node.put("revision", model.revision().isEmpty() ? null : model.revision());
    node.put("pulled", model.pulled().toString());
    node.put("path", model.path().toString());
    node.put("bytes", model.bytes());
    ArrayNode files = node.putArray("files");
    for (StoredModel.StoredFile file : model.files()) {
      ObjectNode entry = files.addObject();
      entry.put("path", file.path().toString());
      entry.put("bytes", file.bytes());
      entry.put("sha256", file.sha256());
      entry.put("etag", file.etag().orElse(null));
      entry.put("url", file.uri());
    }
    return node;
  }
}

package dev.myelin.cli.models;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.myelin.cli.io.Json;
import dev.myelin.hub.Hub;
import dev.myelin.hub.StoredModel;

/** Downloaded models as JSON. */
final class ModelJson {
  private ModelJson() {}

  static ArrayNode list(Hub hub) {
    Aliases aliases = Aliases.of(hub);
    ArrayNode array = Json.array();
    hub.list().forEach(model -> array.add(of(model, aliases)));
    return array;
  }

  /** A model as JSON. */
  static ObjectNode of(StoredModel model, Aliases aliases) {
    ObjectNode node = Json.object();
    node.put("name", model.name());
    ArrayNode names = node.putArray("names");
    model.names().forEach(names::add);
    ArrayNode shortNames = node.putArray("aliases");
    aliases.of(model).forEach(shortNames::add);
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

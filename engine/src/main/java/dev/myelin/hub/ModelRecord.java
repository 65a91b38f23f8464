package dev.myelin.hub;

import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A stored model as JSON. */
final class ModelRecord {
  private ModelRecord() {}

  static byte[] write(StoredModel model) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("name", model.name());
    object.put("names", model.names());
    object.put("origin", model.origin());
    object.put("revision", model.revision());
    object.put("pulled", model.pulled());
    object.put("key", model.key());
    List<Object> files = new ArrayList<>();
    for (StoredModel.StoredFile file : model.files()) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("name", file.path().getFileName());
      entry.put("bytes", file.bytes());
      entry.put("sha256", file.sha256());
      entry.put("etag", file.etag().orElse(null));
      entry.put("url", file.uri());
      files.add(entry);
    }
    object.put("files", files);
    return Json.write(object);
  }

  /**
   * @param blobs the folder of all files
   * @return empty if it is malformed
   */
  static Optional<StoredModel> read(byte[] json, String from, Path blobs) {
    try {
      Map<String, Object> object = Json.object(Json.parse(json, from)).orElse(Map.of());
      String name = Json.string(object, "name").orElse("");
      String key = Json.string(object, "key").orElse("");
      List<String> names = new ArrayList<>(List.of(name));
      if (object.get("names") instanceof List<?> list) {
        list.stream().map(String::valueOf).filter(n -> !names.contains(n)).forEach(names::add);
      }
      List<StoredModel.StoredFile> files = new ArrayList<>();
      for (Map<String, Object> entry : Json.objects(object.get("files"))) {
        String file = Json.string(entry, "name").orElse("");
        if (!file.matches("[A-Za-z0-9_][A-Za-z0-9._-]*")) {
          return Optional.empty();
        }
        files.add(
            new StoredModel.StoredFile(
                blobs.resolve(key).resolve(file),
                Json.integer(entry, "bytes"),
                Json.string(entry, "sha256").orElse(""),
                Json.string(entry, "etag"),
                Json.string(entry, "url").orElse("")));
      }
      return name.isEmpty() || !key.matches("[0-9a-f]{64}") || files.isEmpty()
          ? Optional.empty()
          : Optional.of(
              new StoredModel(
                  name,
                  names,
                  Json.string(object, "origin").orElse(""),
                  Json.string(object, "revision").orElse(""),
                  Instant.parse(Json.string(object, "pulled").orElse("")),
                  key,
                  files));
    } catch (HubException | DateTimeException e) {
      return Optional.empty();
    }
  }
}

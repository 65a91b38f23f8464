package dev.myelin.hub;

import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The models of an Ollama registry. Only the weights are used, not its template and parameters. */
final class OllamaRegistry {
  private static final String MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
  private static final String MODEL_LAYER = "application/vnd.ollama.image.model";
  private static final int MAX_BYTES = 4 << 20;

  private final Http http;
  private final URI endpoint;

  OllamaRegistry(Http http, HubSettings settings) {
    this.http = http;
    this.endpoint = settings.ollamaEndpoint();
  }

  RemoteModel resolve(ModelName name) {
    String base =
        (name.host().isEmpty() ? endpoint : URI.create("https://" + name.host()))
            + "/v2/"
            + name.id();
    Map<String, Object> manifest = manifest(URI.create(base + "/manifests/" + name.tag()), name);
    List<Map<String, Object>> layers =
        Json.objects(manifest.get("layers")).stream()
            .filter(layer -> Json.string(layer, "mediaType").orElse("").equals(MODEL_LAYER))
            .toList();
    if (layers.size() != 1) {
      throw new HubException(
          name
              + ": "
              + layers.size()
              + " layers of type "
              + MODEL_LAYER
              + ": expected one GGUF file");
    }
    String text = Json.string(layers.getFirst(), "digest").orElse("");
    Digest digest =
        (text.startsWith("sha256:") ? Digest.sha256(text.substring(7)) : Optional.<Digest>empty())
            .orElseThrow(
                () -> new HubException(name + ": digest '" + text + "': expected sha256:HEX"));
    URI uri = URI.create(base + "/blobs/" + digest);
    String file = name.id().replace("library/", "").replace('/', '-') + "-" + name.tag() + ".gguf";
    long bytes = Json.integer(layers.getFirst(), "size");
    return new RemoteModel(
        name,
        List.of(name),
        base,
        "",
        List.of(new RemoteFile(uri, file, bytes, Optional.of(digest), Optional.empty())));
  }

  private Map<String, Object> manifest(URI uri, ModelName name) {
    try (Response response = http.get(uri, Map.of("Accept", MANIFEST))) {
      if (response.status() != 200) {
        throw ServerErrors.of(response, name.toString(), false);
      }
      String subject = uri.getHost() + uri.getPath();
      return Json.object(Json.parse(response.readAll(MAX_BYTES, subject), subject))
          .orElseThrow(() -> new HubException(subject + ": expected an object"));
    } catch (IOException e) {
      throw new HubException(uri.getHost() + ": " + Http.describe(e), e);
    }
  }
}

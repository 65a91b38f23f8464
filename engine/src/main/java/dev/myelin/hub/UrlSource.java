package dev.myelin.hub;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A model at a URL. Size and version come from the server's headers. */
final class UrlSource {
  private final Http http;
  private final boolean hasToken;

  UrlSource(Http http, HubSettings settings) {
    this.http = http;
    this.hasToken = settings.token().isPresent();
  }

  RemoteModel resolve(ModelName name) {
    URI uri = URI.create(name.id());
    String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
    String base = name.id().split("[?#]", 2)[0];
    List<RemoteFile> files = new ArrayList<>();
    for (String part : FileNames.parts(base)) {
      files.add(file(URI.create(part + query)));
    }
    return new RemoteModel(name, List.of(name), name.id(), "", files);
  }

  private RemoteFile file(URI uri) {
    try (Response response = http.get(uri, Map.of("Range", "bytes=0-0"))) {
      if (response.status() != 200 && response.status() != 206) {
        throw ServerErrors.of(response, uri.getPath(), hasToken);
      }
      long bytes =
          response
              .fileBytes()
              .orElseThrow(() -> new HubException(uri + ": the server does not state the size"));
      Optional<Digest> digest =
          response
              .endpointHeader("x-linked-etag")
              .map(e -> e.replace("\"", ""))
              .flatMap(Digest::sha256);
      return new RemoteFile(uri, FileNames.last(uri.getPath()), bytes, digest, etag(response));
    }
  }

  /** A strong entity tag: a weak one does not identify bytes. */
  static Optional<String> etag(Response response) {
    return response.header("etag").filter(e -> e.matches("\"[\\x21-\\x7e&&[^\"]]{1,200}\""));
  }
}

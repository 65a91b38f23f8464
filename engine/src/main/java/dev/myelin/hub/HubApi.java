package dev.myelin.hub;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The models of a hub that speaks Hugging Face's API. */
final class HubApi {
  private static final String MAIN = "main";
  private static final int MAX_BYTES = 16 << 20;
  private static final int MAX_PAGES = 100;
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{7,64}");
  private static final Pattern NEXT = Pattern.compile("<([^>]+)>\\s*;\\s*rel=\"?next\"?");

  private final Http http;
  private final URI endpoint;
  private final boolean hasToken;

  HubApi(Http http, HubSettings settings) {
    this.http = http;
    this.endpoint = settings.endpoint();
    this.hasToken = settings.token().isPresent();
  }

  /** Chooses the files of a model from its repository. */
  RemoteModel resolve(ModelName name) {
    String revision = revision(name);
    List<Map<String, Object>> entries = list(name, revision);
    GgufChoice choice = GgufChoice.of(name, paths(entries));
    List<RemoteFile> files = new ArrayList<>();
    for (String path : choice.paths()) {
      files.add(file(name, revision, path, entries));
    }
    Set<ModelName> names = new LinkedHashSet<>(List.of(name.withTag(choice.tag()), name));
    return new RemoteModel(
        name.withTag(choice.tag()),
        List.copyOf(names),
        endpoint + "/" + name.id(),
        revision,
        files);
  }

  /** The commit, so that all files are of the same one; a mirror may not know it. */
  private String revision(ModelName name) {
    URI uri = URI.create(endpoint + "/api/models/" + name.id() + "/revision/" + MAIN);
    try (Response response = http.get(uri, Map.of())) {
      if (response.status() != 200) {
        return MAIN;
      }
      return Json.object(json(response, uri))
          .flatMap(o -> Json.string(o, "sha"))
          .filter(sha -> COMMIT.matcher(sha).matches())
          .orElse(MAIN);
    }
  }

  private List<Map<String, Object>> list(ModelName name, String revision) {
    List<Map<String, Object>> entries = new ArrayList<>();
    URI uri =
        URI.create(endpoint + "/api/models/" + name.id() + "/tree/" + revision + "?recursive=true");
    for (int page = 0; uri != null; page++) {
      if (page == MAX_PAGES) {
        throw new HubException(name + ": more than " + MAX_PAGES + " pages of files");
      }
      try (Response response = http.get(uri, Map.of())) {
        if (response.status() != 200) {
          throw ServerErrors.of(response, name.id(), hasToken);
        }
        entries.addAll(Json.objects(json(response, uri)));
        uri = next(uri, response.header("link").orElse(""));
      }
    }
    return entries;
  }

  private @Nullable URI next(URI page, String link) {
    Matcher next = NEXT.matcher(link);
    if (!next.find()) {
      return null;
    }
    try {
      URI uri = page.resolve(next.group(1));
      if (Http.isSameOrigin(uri, endpoint)) {
        return uri;
      }
    } catch (IllegalArgumentException | NullPointerException e) {
      // reported below
    }
    throw new HubException(
        endpoint.getHost() + ": next page " + next.group(1) + ": expected the same host");
  }

  private static @Nullable Object json(Response response, URI uri) {
    String name = uri.getHost() + uri.getPath();
    try {
      return Json.parse(response.readAll(MAX_BYTES, name), name);
    } catch (IOException e) {
      throw new HubException(name + ": " + Http.describe(e), e);
    }
  }

  private static List<String> paths(List<Map<String, Object>> entries) {
    return entries.stream()
        .filter(e -> !Json.string(e, "type").orElse("").equals("directory"))
        .flatMap(e -> Json.string(e, "path").stream())
        .toList();
  }

  private RemoteFile file(
      ModelName name, String revision, String path, List<Map<String, Object>> entries) {
    Map<String, Object> entry =
        entries.stream()
            .filter(e -> Json.string(e, "path").orElse("").equals(path))
            .findFirst()
            .orElseThrow();
    Optional<Map<String, Object>> lfs = Json.object(entry.get("lfs"));
    Optional<Digest> digest =
        lfs.isPresent()
            ? Json.string(lfs.get(), "oid").flatMap(Digest::sha256)
            : Json.string(entry, "oid").flatMap(Digest::git);
    long bytes = lfs.map(o -> Json.integer(o, "size")).orElse(Json.integer(entry, "size"));
    URI uri = URI.create(endpoint + "/" + name.id() + "/resolve/" + revision + "/" + encode(path));
    return new RemoteFile(uri, FileNames.last(path), bytes, digest, Optional.empty());
  }

  /** Percent-encodes the segments of a path. */
  static String encode(String path) {
    List<String> segments = new ArrayList<>();
    for (String segment : path.split("/", -1)) {
      segments.add(URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20"));
    }
    return String.join("/", segments);
  }
}

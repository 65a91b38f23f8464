package dev.myelin.hub;

import java.net.ProxySelector;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where models come from and where they are kept. Immutable and thread-safe.
 *
 * @param folder of the downloaded models
 * @param endpoint of a hub that speaks Hugging Face's API
 * @param ollamaEndpoint of an Ollama registry
 * @param token sent to the endpoint's host only
 * @param offline whether no connection is opened
 * @param proxies by address, null for none
 * @param transfer how files are downloaded
 */
public record HubSettings(
    Path folder,
    URI endpoint,
    URI ollamaEndpoint,
    Optional<String> token,
    boolean offline,
    @Nullable ProxySelector proxies,
    Transfer transfer) {

  public static final URI HUGGING_FACE = URI.create("https://huggingface.co");
  public static final URI OLLAMA = URI.create("https://registry.ollama.ai");

  private static final Set<String> FALSE = Set.of("", "0", "false", "no", "off");

  /**
   * How files are downloaded.
   *
   * @param connections at the same time for a large file
   * @param rangeBytes of one request; a file larger than two of these is large
   * @param retries after failures in a row without a byte received
   * @param retryDelay before the first retry; doubled each time
   * @param stallTimeout after which a silent connection is closed
   */
  public record Transfer(
      int connections, long rangeBytes, int retries, Duration retryDelay, Duration stallTimeout) {
    public static final Transfer DEFAULT =
        new Transfer(4, 32L << 20, 5, Duration.ofSeconds(1), Duration.ofSeconds(60));

    public Transfer {
      if (connections < 1 || connections > 64) {
        throw new HubException("connections = " + connections + ": expected 1 to 64");
      }
      if (rangeBytes < 1 || rangeBytes > 1 << 30) {
        throw new HubException("rangeBytes = " + rangeBytes + ": expected 1 to " + (1 << 30));
      }
    }

    public Transfer withConnections(int number) {
      return new Transfer(number, rangeBytes, retries, retryDelay, stallTimeout);
    }
  }

  /**
   * Settings from environment variables: {@code MYELIN_MODELS}, {@code XDG_CACHE_HOME}, {@code
   * MYELIN_ENDPOINT}, {@code HF_ENDPOINT}, {@code MYELIN_OLLAMA_ENDPOINT}, {@code HF_TOKEN}, {@code
   * HF_HUB_OFFLINE}, {@code HTTPS_PROXY}, {@code HTTP_PROXY}, {@code NO_PROXY}.
   *
   * @throws HubException naming a variable whose value is wrong
   */
  public static HubSettings of(Map<String, String> environment) {
    String endpoint =
        environment.containsKey("MYELIN_ENDPOINT") ? "MYELIN_ENDPOINT" : "HF_ENDPOINT";
    return new HubSettings(
        folder(environment),
        uri(environment, endpoint, HUGGING_FACE),
        uri(environment, "MYELIN_OLLAMA_ENDPOINT", OLLAMA),
        value(environment, "HF_TOKEN"),
        !FALSE.contains(
            environment.getOrDefault("HF_HUB_OFFLINE", "").strip().toLowerCase(Locale.ROOT)),
        EnvironmentProxies.of(environment),
        Transfer.DEFAULT);
  }

  public HubSettings {
    token
        .filter(t -> !t.chars().allMatch(c -> c > ' ' && c < 0x7f))
        .ifPresent(
            t -> {
              throw new HubException("HF_TOKEN: expected printable ASCII without spaces");
            });
  }

  public HubSettings withOffline(boolean isOffline) {
    return new HubSettings(folder, endpoint, ollamaEndpoint, token, isOffline, proxies, transfer);
  }

  public HubSettings withTransfer(Transfer other) {
    return new HubSettings(folder, endpoint, ollamaEndpoint, token, offline, proxies, other);
  }

  private static Optional<String> value(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name)).map(String::strip).filter(v -> !v.isEmpty());
  }

  private static Path folder(Map<String, String> environment) {
    Optional<String> named = value(environment, "MYELIN_MODELS");
    if (named.isPresent()) {
      return path("MYELIN_MODELS", named.get());
    }
    Optional<Path> cache =
        value(environment, "XDG_CACHE_HOME")
            .map(v -> path("XDG_CACHE_HOME", v))
            .filter(Path::isAbsolute);
    Optional<Path> home =
        value(environment, "HOME")
            .or(() -> Optional.ofNullable(System.getProperty("user.home")))
            .map(v -> path("HOME", v))
            .filter(Path::isAbsolute);
    return cache
        .or(() -> home.map(h -> h.resolve(".cache")))
        .orElseThrow(
            () -> new HubException("no folder for models: HOME is not set; set MYELIN_MODELS"))
        .resolve("myelin")
        .resolve("models");
  }

  private static Path path(String variable, String value) {
    try {
      return Path.of(value);
    } catch (InvalidPathException e) {
      throw new HubException(variable + "=" + value + ": not a file name: " + e.getReason());
    }
  }

  private static URI uri(Map<String, String> environment, String variable, URI defaultValue) {
    Optional<String> value = value(environment, variable);
    if (value.isEmpty()) {
      return defaultValue;
    }
    try {
      URI uri = new URI(value.get().replaceFirst("/+$", ""));
      boolean isWeb = "https".equals(uri.getScheme()) || "http".equals(uri.getScheme());
      if (isWeb && uri.getHost() != null && uri.getQuery() == null && uri.getFragment() == null) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // reported below
    }
    throw new HubException(
        variable + "=" + value.get() + ": expected an address, such as " + defaultValue);
  }

  /** Without the token. */
  @Override
  public String toString() {
    return "HubSettings[folder=" + folder + ", endpoint=" + endpoint + ", offline=" + offline + "]";
  }
}

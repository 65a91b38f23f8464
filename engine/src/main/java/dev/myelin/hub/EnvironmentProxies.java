package dev.myelin.hub;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Proxies from {@code HTTPS_PROXY}, {@code HTTP_PROXY}, {@code ALL_PROXY} and {@code NO_PROXY}, in
 * upper or lower case. Java's properties ({@code https.proxyHost} ...) come first.
 */
final class EnvironmentProxies extends ProxySelector {
  private static final int DEFAULT_PORT = 80;

  private final @Nullable URI https;
  private final @Nullable URI http;
  private final List<String> direct;

  private EnvironmentProxies(@Nullable URI https, @Nullable URI http, List<String> direct) {
    this.https = https;
    this.http = http;
    this.direct = direct;
  }

  static @Nullable ProxySelector of(Map<String, String> environment) {
    URI all = proxy(environment, "ALL_PROXY", null);
    URI https = proxy(environment, "HTTPS_PROXY", all);
    URI http = proxy(environment, "HTTP_PROXY", all);
    List<String> direct = new ArrayList<>();
    for (String host : value(environment, "NO_PROXY").toLowerCase(Locale.ROOT).split("[,\\s]+")) {
      if (!host.isEmpty()) {
        direct.add(host.startsWith("*.") ? host.substring(1) : host);
      }
    }
    return https == null && http == null
        ? ProxySelector.getDefault()
        : new EnvironmentProxies(https, http, List.copyOf(direct));
  }

  private static String value(Map<String, String> environment, String name) {
    String lower = environment.get(name.toLowerCase(Locale.ROOT));
    String value = lower != null ? lower : environment.get(name);
    return value == null ? "" : value.strip();
  }

  private static @Nullable URI proxy(
      Map<String, String> environment, String name, @Nullable URI defaultValue) {
    String value = value(environment, name);
    if (value.isEmpty()) {
      return defaultValue;
    }
    try {
      URI uri = new URI(value.contains("://") ? value : "http://" + value);
      if ("http".equals(uri.getScheme()) && uri.getHost() != null) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // reported below
    }
    throw new HubException(name + ": expected http://HOST:PORT, the address of an HTTP proxy");
  }

  /** User and password of the proxy of an address, as in its URL; null for none. */
  @Nullable String credentials(String scheme) {
    URI proxy = scheme.equals("https") ? https : http;
    return proxy == null ? null : proxy.getUserInfo();
  }

  @Override
  public List<Proxy> select(URI uri) {
    ProxySelector java = ProxySelector.getDefault();
    List<Proxy> configured = java == null ? List.of() : java.select(uri);
    if (configured.stream().anyMatch(p -> p.type() != Proxy.Type.DIRECT)) {
      return configured;
    }
    URI proxy = uri.getScheme().equals("https") ? https : http;
    if (proxy == null || isDirect(uri)) {
      return List.of(Proxy.NO_PROXY);
    }
    int port = proxy.getPort() < 0 ? DEFAULT_PORT : proxy.getPort();
    return List.of(new Proxy(Proxy.Type.HTTP, new InetSocketAddress(proxy.getHost(), port)));
  }

  private boolean isDirect(URI uri) {
    String host = uri.getHost().toLowerCase(Locale.ROOT);
    for (String rule : direct) {
      String name = rule.startsWith(".") ? rule.substring(1) : rule;
      if (rule.equals("*")
          || host.equals(name)
          || host.endsWith("." + name)
          || (host + ":" + uri.getPort()).equals(name)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void connectFailed(URI uri, SocketAddress address, IOException e) {
    // the failed request reports it
  }
}

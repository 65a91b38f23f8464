package dev.myelin.hub;

import dev.myelin.error.CancelledException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Authenticator;
import java.net.ConnectException;
import java.net.PasswordAuthentication;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** GET requests with redirects and retries. The token goes to the endpoint only. */
final class Http implements AutoCloseable {
  private static final int MAX_REDIRECTS = 8;
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(30);
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

  /** Headers of the hub that describe the file to which it redirects. */
  private static final Set<String> ENDPOINT_HEADERS =
      Set.of("x-linked-etag", "x-linked-size", "x-repo-commit", "x-error-code");

  private final HubSettings settings;
  private final Cancellation cancellation;
  private final HttpClient client;
  private final Set<Response> open;
  private final @Nullable Thread watchdog;
  private volatile boolean closed;

  Http(HubSettings settings, Cancellation cancellation) {
    this.settings = settings;
    this.cancellation = cancellation;
    this.open = ConcurrentHashMap.newKeySet();
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1) // several connections, not streams of one
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(CONNECT_TIMEOUT);
    if (settings.proxies() != null) {
      builder.proxy(settings.proxies());
    }
    if (settings.proxies() instanceof EnvironmentProxies proxies) {
      builder.authenticator(new ProxyPassword(proxies));
    }
    client = builder.build();
    watchdog = Thread.ofVirtual().name("myelin-hub-watchdog").start(this::watch);
  }

  private Http(Http parent, Cancellation cancellation) {
    this.settings = parent.settings;
    this.cancellation = cancellation;
    this.client = parent.client;
    this.open = parent.open;
    this.watchdog = null;
  }

  /** The same connections with another cancellation. It need not be closed. */
  Http with(Cancellation other) {
    return new Http(this, other);
  }

  /** User and password of a proxy, from its URL. */
  private static final class ProxyPassword extends Authenticator {
    private final EnvironmentProxies proxies;

    ProxyPassword(EnvironmentProxies proxies) {
      this.proxies = proxies;
    }

    @Override
    protected @Nullable PasswordAuthentication getPasswordAuthentication() {
      String user =
          getRequestorType() == RequestorType.PROXY
              ? proxies.credentials(getRequestingURL().getProtocol())
              : null;
      if (user == null) {
        return null;
      }
      int colon = user.indexOf(':');
      return colon < 0
          ? new PasswordAuthentication(user, new char[0])
          : new PasswordAuthentication(
              user.substring(0, colon), user.substring(colon + 1).toCharArray());
    }
  }

  private void watch() {
    Duration limit = settings.transfer().stallTimeout();
    while (!closed) {
      try {
        Thread.sleep(limit.dividedBy(4));
      } catch (InterruptedException e) {
        return;
      }
      open.forEach(response -> response.closeIfStalled(limit));
    }
  }

  /**
   * Sends a request, and again after a failure that may pass.
   *
   * @return the final answer, which may be an error
   * @throws HubException if there is none
   */
  Response get(URI uri, Map<String, String> headers) {
    Retries retries = new Retries(settings.transfer(), cancellation);
    while (true) {
      try {
        Response response = send(uri, headers);
        if (!Retries.isPassing(response.status()) || !retries.canRetry()) {
          return response;
        }
        response.close();
        retries.await(response);
      } catch (ConnectException | HttpConnectTimeoutException e) {
        throw new HubException(uri.getHost() + ": cannot connect" + reason(e), e);
      } catch (IOException e) {
        cancellation.check();
        if (!retries.canRetry() || !Retries.isPassing(e)) {
          throw new HubException(uri.getHost() + ": " + describe(e), e);
        }
        retries.await();
      }
    }
  }

  /**
   * Sends a request once, and follows redirects.
   *
   * @throws IOException if there is no answer
   */
  Response send(URI from, Map<String, String> headers) throws IOException {
    if (settings.offline()) {
      throw new HubException(
          from.getHost() + ": not asked, since --offline or HF_HUB_OFFLINE is set");
    }
    Map<String, String> endpointHeaders = new LinkedHashMap<>();
    URI uri = from;
    for (int i = 0; i <= MAX_REDIRECTS; i++) {
      Response response = exchange(uri, headers, endpointHeaders);
      if (!REDIRECTS.contains(response.status())) {
        return response;
      }
      try (response) {
        response.drain();
      }
      uri = redirect(uri, response.header("location").orElse(""));
    }
    throw new HubException(from.getHost() + ": more than " + MAX_REDIRECTS + " redirects");
  }

  static URI redirect(URI from, String location) {
    URI to;
    try {
      to = from.resolve(location);
    } catch (IllegalArgumentException e) {
      throw new HubException(
          from.getHost() + ": redirect to '" + location + "': expected an address");
    }
    boolean isWeb = "https".equals(to.getScheme()) || "http".equals(to.getScheme());
    if (!isWeb || to.getHost() == null || to.getUserInfo() != null || location.isEmpty()) {
      throw new HubException(
          from.getHost() + ": redirect to '" + location + "': expected an address");
    }
    if (from.getScheme().equals("https") && !to.getScheme().equals("https")) {
      throw new HubException(
          from.getHost() + ": redirect from https to http://" + to.getHost() + ": refused");
    }
    return to;
  }

  private Response exchange(
      URI uri, Map<String, String> headers, Map<String, String> endpointHeaders)
      throws IOException {
    cancellation.check();
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .timeout(settings.transfer().stallTimeout())
            .header("User-Agent", "myelin")
            .header("Accept-Encoding", "identity");
    headers.forEach(request::header);
    boolean isEndpoint = isSameOrigin(uri, settings.endpoint());
    if (isEndpoint && settings.token().isPresent()) {
      requirePrivate(uri);
      request.header("Authorization", "Bearer " + settings.token().get());
    }
    HttpResponse<InputStream> answer =
        await(client.sendAsync(request.build(), BodyHandlers.ofInputStream()));
    if (isEndpoint) {
      for (String name : ENDPOINT_HEADERS) {
        answer.headers().firstValue(name).ifPresent(v -> endpointHeaders.put(name, v));
      }
    }
    return track(answer, endpointHeaders);
  }

  private Response track(HttpResponse<InputStream> answer, Map<String, String> endpointHeaders) {
    Response[] self = new Response[1];
    Runnable cancel = () -> self[0].close();
    self[0] =
        new Response(
            answer,
            endpointHeaders,
            () -> {
              open.remove(self[0]);
              cancellation.remove(cancel);
            });
    open.add(self[0]);
    cancellation.add(cancel);
    return self[0];
  }

  private <T> T await(CompletableFuture<T> future) throws IOException {
    Runnable cancel = () -> future.cancel(true);
    cancellation.add(cancel);
    try {
      return future.get();
    } catch (java.util.concurrent.CancellationException e) {
      throw new CancelledException("download interrupted");
    } catch (InterruptedException e) {
      future.cancel(true);
      Thread.currentThread().interrupt();
      throw new CancelledException("download interrupted");
    } catch (ExecutionException e) {
      cancellation.check();
      throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
    } finally {
      cancellation.remove(cancel);
    }
  }

  private void requirePrivate(URI uri) {
    String host = uri.getHost();
    boolean isLocal = host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]");
    if (!uri.getScheme().equals("https") && !isLocal) {
      throw new HubException("http://" + host + ": HF_TOKEN is sent over https only");
    }
  }

  static boolean isSameOrigin(URI a, URI b) {
    return a.getScheme().equals(b.getScheme())
        && a.getHost().equalsIgnoreCase(b.getHost())
        && port(a) == port(b);
  }

  private static int port(URI uri) {
    return uri.getPort() >= 0 ? uri.getPort() : uri.getScheme().equals("https") ? 443 : 80;
  }

  private static String reason(IOException e) {
    return e.getMessage() == null ? "" : ": " + describe(e);
  }

  /** The problem in few words. */
  static String describe(IOException e) {
    Throwable cause = e;
    while (cause.getMessage() == null && cause.getCause() != null) {
      cause = cause.getCause();
    }
    String text = cause.getMessage();
    return text == null ? cause.getClass().getSimpleName() : text;
  }

  @Override
  public void close() {
    if (watchdog == null) {
      return; // of the parent
    }
    closed = true;
    watchdog.interrupt();
    open.forEach(Response::close);
    client.shutdownNow();
  }
}

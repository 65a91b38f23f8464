package dev.myelin.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A server on this machine that speaks the API of Hugging Face's hub and of an Ollama registry, and
 * fails as it is told to.
 */
public final class TestHub implements AutoCloseable {
  public static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d+)");
  private static final int PIECE = 1 << 14;

  /** A request that arrived. */
  public record Request(String host, String path, String range, String ifRange, String token) {}

  /** Answers some requests itself. */
  public interface Fault {
    /** Whether it answered. */
    boolean answer(HttpExchange exchange) throws IOException;
  }

  public final List<Request> requests = new CopyOnWriteArrayList<>();

  /** The next answers with file content that are cut, and after how many bytes. */
  public final AtomicInteger cuts = new AtomicInteger();

  public volatile int cutAfter;
  public volatile boolean ranges = true;

  /** Whether files are at another host name, as on a content delivery network. */
  public volatile boolean redirects;

  public volatile boolean sendsLinkedEtag;
  public volatile long delayMillis;
  public volatile String etag;
  public volatile Fault fault = exchange -> false;

  /** Changes the list of files. */
  public volatile UnaryOperator<String> listing = text -> text;

  private final Map<String, byte[]> files = new ConcurrentHashMap<>();
  private final Map<String, Map<String, String>> repositories = new ConcurrentHashMap<>();
  private final Map<String, byte[]> manifests = new ConcurrentHashMap<>();
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  public TestHub() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  public URI uri() {
    return URI.create("http://127.0.0.1:" + port());
  }

  public int port() {
    return server.getAddress().getPort();
  }

  /** Adds a file, which has a SHA-256. */
  public void add(String repository, String path, byte[] content) {
    String entry =
        "{\"type\":\"file\",\"oid\":\"%s\",\"size\":%s,\"path\":\"%s\",\"lfs\":{\"oid\":\"%s\",\"size\":%s}}"
            .formatted("0".repeat(40), content.length, path, sha256(content), content.length);
    addEntry(repository, path, content, entry);
  }

  /** Adds a small file, which Git stores itself. */
  public void addPlain(String repository, String path, byte[] content) {
    byte[] head = ("blob " + content.length + "\0").getBytes(StandardCharsets.US_ASCII);
    String oid = hex("SHA-1", head, content);
    addEntry(
        repository,
        path,
        content,
        "{\"type\":\"file\",\"oid\":\"%s\",\"size\":%s,\"path\":\"%s\"}"
            .formatted(oid, content.length, path));
  }

  /** Adds a file with any entry in the list. */
  public void addEntry(String repository, String path, byte[] content, String entry) {
    repositories.computeIfAbsent(repository, r -> new TreeMap<>()).put(path, entry);
    files.put("/" + repository + "/resolve/" + COMMIT + "/" + path, content);
    files.put("/" + repository + "/resolve/main/" + path, content);
  }

  /** Adds a model of an Ollama registry. */
  public void addOllama(String name, String tag, byte[] content) {
    String digest = "sha256:" + sha256(content);
    String manifest =
        """
        {"schemaVersion": 2, "layers": [
          {"mediaType": "application/vnd.ollama.image.template", "digest": "sha256:%s", "size": 3},
          {"mediaType": "application/vnd.ollama.image.model", "digest": "%s", "size": %s}]}
        """
            .formatted("1".repeat(64), digest, content.length);
    manifests.put("/v2/" + name + "/manifests/" + tag, manifest.getBytes(StandardCharsets.UTF_8));
    files.put("/v2/" + name + "/blobs/" + digest, content);
  }

  /** Requests for content of files. */
  public List<Request> downloads() {
    return requests.stream().filter(r -> !r.path.contains("/api/")).toList();
  }

  public static String sha256(byte[] content) {
    return hex("SHA-256", content);
  }

  private static String hex(String algorithm, byte[]... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance(algorithm);
      for (byte[] part : parts) {
        digest.update(part);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      requests.add(
          new Request(
              exchange.getRequestHeaders().getFirst("Host"),
              path,
              exchange.getRequestHeaders().getFirst("Range"),
              exchange.getRequestHeaders().getFirst("If-Range"),
              exchange.getRequestHeaders().getFirst("Authorization")));
      if (fault.answer(exchange)) {
        return;
      }
      if (path.startsWith("/api/models/")) {
        api(exchange, path.substring("/api/models/".length()));
      } else if (manifests.containsKey(path)) {
        answer(exchange, 200, manifests.get(path));
      } else {
        file(exchange, path);
      }
    }
  }

  private void api(HttpExchange exchange, String path) throws IOException {
    String[] segments = path.split("/", 4);
    Map<String, String> entries = repositories.get(segments[0] + "/" + segments[1]);
    if (entries == null) {
      exchange.getResponseHeaders().set("X-Error-Code", "RepoNotFound");
      answer(exchange, 401, "{}");
    } else if (segments[2].equals("revision")) {
      answer(exchange, 200, "{\"id\":\"x\",\"sha\":\"" + COMMIT + "\"}");
    } else {
      answer(exchange, 200, listing.apply("[" + String.join(",", entries.values()) + "]"));
    }
  }

  private void file(HttpExchange exchange, String path) throws IOException {
    boolean isCdn = path.startsWith("/cdn");
    byte[] content = files.get(isCdn ? path.substring(4) : path);
    if (content == null) {
      answer(exchange, 404, "no such file");
      return;
    }
    if (redirects && !isCdn) {
      exchange.getResponseHeaders().set("X-Linked-Etag", '"' + sha256(content) + '"');
      exchange.getResponseHeaders().set("Location", "http://localhost:" + port() + "/cdn" + path);
      answer(exchange, 302, "");
      return;
    }
    send(exchange, content);
  }

  private void send(HttpExchange exchange, byte[] content) throws IOException {
    if (etag != null) {
      exchange.getResponseHeaders().set("ETag", etag);
    }
    if (sendsLinkedEtag) {
      exchange.getResponseHeaders().set("X-Linked-Etag", '"' + sha256(content) + '"');
    }
    String ifRange = exchange.getRequestHeaders().getFirst("If-Range");
    Matcher range = RANGE.matcher(String.valueOf(exchange.getRequestHeaders().getFirst("Range")));
    boolean isRange = ranges && range.matches() && (ifRange == null || ifRange.equals(etag));
    int from = isRange ? Integer.parseInt(range.group(1)) : 0;
    int end =
        isRange
            ? (int) Math.min(Long.parseLong(range.group(2)) + 1, content.length)
            : content.length;
    if (isRange) {
      exchange
          .getResponseHeaders()
          .set("Content-Range", "bytes " + from + "-" + (end - 1) + "/" + content.length);
    }
    exchange.sendResponseHeaders(isRange ? 206 : 200, end - from);
    if (cuts.get() > 0 && cuts.getAndDecrement() > 0) {
      end = Math.min(end, from + cutAfter);
    }
    OutputStream out = exchange.getResponseBody();
    for (int i = from; i < end; i += PIECE) {
      out.write(content, i, Math.min(PIECE, end - i));
      out.flush();
      pause();
    }
  }

  private void pause() {
    if (delayMillis > 0) {
      try {
        Thread.sleep(delayMillis);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  public static void answer(HttpExchange exchange, int status, String text) throws IOException {
    answer(exchange, status, text.getBytes(StandardCharsets.UTF_8));
  }

  private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    if (body.length > 0) {
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}

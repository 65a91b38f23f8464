package dev.myelin.hub;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The answer to a request, after redirects. Closing it before the end drops the connection. */
final class Response implements AutoCloseable {
  private static final Pattern CONTENT_RANGE =
      Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18})");

  private static final int MAX_DRAINED_BYTES = 1 << 14;

  private final HttpResponse<InputStream> response;
  private final Map<String, String> endpointHeaders;
  private final Runnable onClose;
  private volatile long lastRead = System.nanoTime();
  private volatile boolean stalled;

  /**
   * @param endpointHeaders headers that only the hub itself may set, from any redirect of it
   */
  Response(
      HttpResponse<InputStream> response, Map<String, String> endpointHeaders, Runnable onClose) {
    this.response = response;
    this.endpointHeaders = endpointHeaders;
    this.onClose = onClose;
  }

  int status() {
    return response.statusCode();
  }

  URI uri() {
    return response.uri();
  }

  Optional<String> header(String name) {
    return headers().firstValue(name);
  }

  /** A header that the hub set, on its own answer or on the redirect to another host. */
  Optional<String> endpointHeader(String name) {
    return Optional.ofNullable(endpointHeaders.get(name));
  }

  private HttpHeaders headers() {
    return response.headers();
  }

  /** The length of the body; empty if it is not stated. */
  OptionalLong length() {
    return number(header("content-length").orElse(""));
  }

  /** The size of the whole file; empty if it is not stated. */
  OptionalLong fileBytes() {
    return status() == 206 ? number(contentRange(3)) : length();
  }

  /** The first position of a partial answer; 0 for a whole one, -1 if it is not stated. */
  long position() {
    return status() == 206 ? number(contentRange(1)).orElse(-1) : 0;
  }

  private String contentRange(int group) {
    Matcher range = CONTENT_RANGE.matcher(header("content-range").orElse(""));
    return range.matches() ? range.group(group) : "";
  }

  private static OptionalLong number(String text) {
    return text.matches("\\d{1,18}") ? OptionalLong.of(Long.parseLong(text)) : OptionalLong.empty();
  }

  /**
   * Reads the next bytes of the body.
   *
   * @return the number of bytes, -1 at the end
   */
  int read(byte[] into, int limit) throws IOException {
    try {
      int count = response.body().read(into, 0, Math.min(limit, into.length));
      lastRead = System.nanoTime();
      return count;
    } catch (IOException e) {
      throw stalled ? new IOException("the server sends nothing", e) : e;
    }
  }

  /** Reads the whole body. */
  byte[] readAll(int maxBytes, String name) throws IOException {
    byte[] bytes = response.body().readNBytes(maxBytes + 1);
    if (bytes.length > maxBytes) {
      throw new HubException(name + ": more than " + maxBytes + " bytes");
    }
    return bytes;
  }

  /** Reads a short body, so that the connection can be used again. */
  void drain() throws IOException {
    if (length().orElse(Long.MAX_VALUE) <= MAX_DRAINED_BYTES) {
      response.body().readNBytes(MAX_DRAINED_BYTES);
    }
  }

  /** Closes the connection if nothing was received for so long. */
  void closeIfStalled(Duration limit) {
    if (System.nanoTime() - lastRead > limit.toNanos()) {
      stalled = true;
      close();
    }
  }

  @Override
  public void close() {
    try {
      response.body().close();
    } catch (IOException e) {
      // it is not read any more
    }
    onClose.run();
  }
}

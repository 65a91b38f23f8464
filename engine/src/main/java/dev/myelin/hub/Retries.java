package dev.myelin.hub;

import java.io.IOException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import javax.net.ssl.SSLException;

/** When to try again: delays that double, or what the server asks for. */
final class Retries {
  /** A server that asks for a longer pause has failed. */
  private static final Duration MAX_RETRY_AFTER = Duration.ofMinutes(5);

  private final HubSettings.Transfer transfer;
  private final Cancellation cancellation;
  private int failures;

  Retries(HubSettings.Transfer transfer, Cancellation cancellation) {
    this.transfer = transfer;
    this.cancellation = cancellation;
  }

  /** Whether an answer of this status may be another one later. */
  static boolean isPassing(int status) {
    return status == 408 || status == 429 || status >= 500 && status != 501 && status != 505;
  }

  /**
   * Whether a request may succeed later: a certificate or a proxy that refuses will do so again.
   */
  static boolean isPassing(IOException e) {
    return !(e instanceof SSLException)
        && !String.valueOf(e.getMessage()).startsWith("Tunnel failed");
  }

  /** Bytes were received: starts to count from 0. */
  void reset() {
    failures = 0;
  }

  boolean canRetry() {
    return failures < transfer.retries();
  }

  /** Waits before the next try. */
  void await() {
    cancellation.sleep(transfer.retryDelay().multipliedBy(1L << Math.min(failures++, 6)));
  }

  /** Waits as long as the server asks for, at least as {@link #await()} does. */
  void await(Response response) {
    Duration asked = retryAfter(response.header("retry-after"), ZonedDateTime.now());
    if (asked.compareTo(MAX_RETRY_AFTER) > 0) {
      throw new HubException(
          response.uri().getHost()
              + ": status "
              + response.status()
              + ": asks to come back in "
              + asked.toMinutes()
              + " minutes");
    }
    Duration own = transfer.retryDelay().multipliedBy(1L << Math.min(failures++, 6));
    cancellation.sleep(asked.compareTo(own) > 0 ? asked : own);
  }

  /** The pause that a header asks for: seconds or a date. */
  static Duration retryAfter(Optional<String> header, ZonedDateTime now) {
    String text = header.orElse("").strip();
    if (text.matches("\\d{1,9}")) {
      return Duration.ofSeconds(Long.parseLong(text));
    }
    try {
      return Duration.between(now, ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME));
    } catch (DateTimeParseException e) {
      return Duration.ZERO;
    }
  }
}

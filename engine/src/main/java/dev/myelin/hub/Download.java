package dev.myelin.hub;

import dev.myelin.concurrent.Uninterruptible;
import dev.myelin.error.CancelledException;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Downloads one file by several connections, each of which takes one range after the other. */
final class Download {
  private static final Duration TICK = Duration.ofMillis(100);
  private static final long SAVE_NANOS = 2_000_000_000L;
  private static final int BUFFER_BYTES = 1 << 17;
  private static final int MAX_CHANGES = 2;

  private final Http http;
  private final RemoteFile file;
  private final PartFile part;
  private final HubSettings settings;
  private final Cancellation cancellation;

  /** Whether the server sends whole files only. */
  private boolean whole;

  /** Where the file's address redirects to: other ranges ask there at once. */
  private volatile @Nullable URI redirected;

  /** The answer shows that the plan must change. */
  private static final class Restart extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final boolean noRanges;

    Restart(boolean noRanges) {
      super(null, null, false, false);
      this.noRanges = noRanges;
    }
  }

  Download(
      Http http, RemoteFile file, PartFile part, HubSettings settings, Cancellation cancellation) {
    this.http = http;
    this.file = file;
    this.part = part;
    this.settings = settings;
    this.cancellation = cancellation;
  }

  /**
   * Downloads what is missing.
   *
   * @param progress receives the number of complete bytes, on the calling thread
   */
  void run(LongConsumer progress) {
    int changes = 0;
    while (true) {
      try {
        transfer(progress);
        return;
      } catch (Restart e) {
        if (++changes > MAX_CHANGES) {
          throw new HubException(file.name() + ": keeps changing on the server");
        }
        whole |= e.noRanges;
        part.restart(whole ? file.bytes() : part.rangeBytes());
      }
    }
  }

  private void transfer(LongConsumer progress) {
    Cancellation group = new Cancellation();
    Runnable cancelGroup = group::cancel;
    AtomicReference<RuntimeException> failure = new AtomicReference<>();
    cancellation.add(cancelGroup);
    List<Thread> threads = new ArrayList<>();
    try {
      int count = Math.min(whole ? 1 : settings.transfer().connections(), part.ranges());
      for (int i = 0; i < count; i++) {
        threads.add(
            Thread.ofPlatform().daemon().name("myelin-hub-" + i).start(() -> work(group, failure)));
      }
      follow(threads, progress);
    } finally {
      group.cancel();
      cancellation.remove(cancelGroup);
      threads.forEach(Download::join);
    }
    cancellation.check();
    if (failure.get() != null) {
      throw failure.get();
    }
    progress.accept(part.doneBytes());
  }

  /** Reports progress and saves the state until all threads end. */
  private void follow(List<Thread> threads, LongConsumer progress) {
    long saved = System.nanoTime();
    for (Thread thread : threads) {
      try {
        while (!thread.join(TICK)) {
          progress.accept(part.doneBytes());
          if (System.nanoTime() - saved > SAVE_NANOS) {
            part.trySaveState();
            saved = System.nanoTime();
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CancelledException("download interrupted");
      }
    }
  }

  private static void join(Thread thread) {
    Uninterruptible.run(thread::join); // it ends soon: its connection is closed
  }

  private void work(Cancellation group, AtomicReference<RuntimeException> failure) {
    try {
      Http connection = http.with(group);
      Retries retries = new Retries(settings.transfer(), group);
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int range = part.claim(); range >= 0; range = part.claim()) {
        while (!part.isComplete(range)) {
          fetch(connection, range, retries, buffer, group);
        }
      }
    } catch (RuntimeException e) {
      failure.compareAndSet(null, e); // the first one is the cause
      group.cancel();
    } catch (Error e) {
      failure.compareAndSet(null, new HubException(file.name() + ": " + e, e));
      group.cancel();
    }
  }

  /** Asks for the rest of a range once. Failures that may pass end in a pause. */
  private void fetch(
      Http connection, int range, Retries retries, byte[] buffer, Cancellation group) {
    URI address = redirected == null ? file.uri() : redirected;
    if (whole) {
      part.clear(range);
    }
    try (Response response = connection.send(address, headers(range))) {
      if (Retries.isPassing(response.status()) && retries.canRetry()) {
        retries.await(response);
        return;
      }
      boolean isRedirected = address != file.uri();
      if (isRedirected && response.status() / 100 == 4 && retries.canRetry()) {
        redirected = null; // signed addresses expire
        retries.await();
        return;
      }
      check(response, range);
      if (!Http.isSameOrigin(response.uri(), file.uri())) {
        redirected = response.uri();
      }
      read(response, range, retries, buffer);
    } catch (IOException e) {
      group.check();
      redirected = null;
      if (!retries.canRetry() || !Retries.isPassing(e)) {
        throw new HubException(file.uri().getHost() + ": " + Http.describe(e), e);
      }
      retries.await();
    }
  }

  private Map<String, String> headers(int range) {
    Map<String, String> headers = new LinkedHashMap<>();
    if (!whole) {
      headers.put("Range", "bytes=" + part.position(range) + "-" + (part.end(range) - 1));
      if (file.digest().isEmpty()) { // else the sum shows whether the parts are of one version
        file.etag().ifPresent(etag -> headers.put("If-Range", etag));
      }
    }
    return headers;
  }

  private void check(Response response, int range) {
    boolean isChanged =
        file.digest().isEmpty()
            && file.etag().isPresent()
            && !UrlSource.etag(response).equals(file.etag());
    if (isChanged || response.status() == 416) {
      throw new HubException(
          file.name() + ": changed on the server since the download began: start it again");
    }
    if (!whole && response.status() == 200) {
      throw new Restart(true);
    }
    if (response.status() != (whole ? 200 : 206)) {
      throw ServerErrors.of(response, file.name(), settings.token().isPresent());
    }
    long bytes = response.fileBytes().orElse(whole ? file.bytes() : -1);
    if (bytes != file.bytes()) {
      throw new HubException(
          file.name() + ": the server sends " + bytes + " bytes, expected " + file.bytes());
    }
    if (response.position() != part.position(range)) {
      throw new HubException(file.name() + ": the server sends another range than asked for");
    }
  }

  private void read(Response response, int range, Retries retries, byte[] buffer)
      throws IOException {
    while (!part.isComplete(range)) {
      long missing = part.end(range) - part.position(range);
      int count = response.read(buffer, (int) Math.min(buffer.length, missing));
      if (count < 0) {
        throw new IOException("the connection was cut");
      }
      part.write(range, buffer, count);
      if (!whole) {
        retries.reset(); // a file that starts again makes no progress
      }
    }
    int more = response.read(buffer, 1); // reads the end too: the connection can be used again
    if (whole && more > 0) {
      throw new HubException(
          file.name() + ": the server sends more than the stated " + file.bytes() + " bytes");
    }
  }
}

package dev.myelin.generate;

import dev.myelin.diagnostics.FlightEvents;
import dev.myelin.diagnostics.Log;
import dev.myelin.graph.Threads;
import dev.myelin.natives.MemInfo;
import org.jspecify.annotations.Nullable;

/** Logs and records that a session is opened; created when that begins. */
final class SessionReport {
  private final @Nullable SessionOpenEvent event =
      FlightEvents.isRecording() ? new SessionOpenEvent() : null;

  /**
   * @param requested the options before they were resolved
   */
  void opened(Session session, SessionOptions requested) {
    if (event != null) {
      event.record(session);
    }
    if (Log.isWarning()) {
      warn(session, requested);
    }
    if (Log.isDebug()) {
      SessionOptions options = session.options();
      Log.debug(
          "%s opened on %s: context %s, batch %s, threads %s, %s cache of %s"
              .formatted(
                  session,
                  session.model().file().path(),
                  options.contextLength(),
                  options.batch(),
                  options.threads(),
                  options.cacheTypes(),
                  Log.megabytes(session.cacheBytes())));
    }
  }

  private static void warn(Session session, SessionOptions requested) {
    int threads = Threads.effective(requested.threads(), requested.forceThreads());
    int started = session.options().threads();
    if (started < threads) {
      Log.warning(
          "%s: threads = %s: the system starts only %s".formatted(session, threads, started));
    }
    int trained = session.model().info().contextLength();
    if (session.contextLength() > trained) {
      Log.warning(
          "%s: context = %s: the model was trained with %s tokens"
              .formatted(session, session.contextLength(), trained));
    }
    long cache = session.cacheBytes();
    MemInfo.availableBytes()
        .ifPresent(
            free -> {
              if (cache > free) {
                Log.warning(
                    "%s: a full cache takes %s, but %s of memory are available"
                        .formatted(session, Log.megabytes(cache), Log.megabytes(free)));
              }
            });
  }
}

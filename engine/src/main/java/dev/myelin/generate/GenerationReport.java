package dev.myelin.generate;

import dev.myelin.diagnostics.FlightEvents;
import dev.myelin.diagnostics.Log;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Logs and records a generation; created when it begins. */
final class GenerationReport {
  private final Session session;
  private final @Nullable GenerationEvent generation;
  private final @Nullable PrefillEvent prefill;

  GenerationReport(Session session) {
    this.session = session;
    boolean records = FlightEvents.isRecording();
    generation = records ? new GenerationEvent() : null;
    prefill = records ? new PrefillEvent() : null;
  }

  /** The prompt is computed. */
  void prefilled(int tokens) {
    if (prefill != null) {
      prefill.record(session, tokens);
    }
  }

  void ended(Generation result) {
    if (generation != null) {
      generation.record(session, result);
    }
    if (Log.isDebug()) {
      Metrics metrics = result.metrics();
      Log.debug(
          String.format(
              Locale.ROOT,
              "%s: prompt of %s tokens in %s (%.1f tokens/s), %s tokens in %s (%.1f tokens/s), %s",
              session,
              metrics.promptTokens(),
              Log.milliseconds(metrics.prefill().toNanos()),
              metrics.prefillTokensPerSecond(),
              metrics.generatedTokens(),
              Log.milliseconds(metrics.decode().toNanos()),
              metrics.decodeTokensPerSecond(),
              result.reason()));
    }
  }
}

package dev.myelin.generate;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Timespan;

/** A text was generated, from the prompt to the last token. */
@Name("dev.myelin.Generation")
@Label("Generation")
@Category("Myelin")
final class GenerationEvent extends Event {
  @Label("Session")
  private long session;

  @Label("Prompt Tokens")
  @Description("Computed, without those that the session already held")
  private int promptTokens;

  @Label("Generated Tokens")
  private int generatedTokens;

  @Label("Position")
  @Description("Tokens in the session afterwards")
  private int position;

  @Label("Finish Reason")
  private String reason;

  @Label("Prefill Time")
  @Timespan(Timespan.NANOSECONDS)
  private long prefill;

  @Label("Time to First Token")
  @Timespan(Timespan.NANOSECONDS)
  private long timeToFirstToken;

  @Label("Decode Time")
  @Description("From the first sampled token to the last")
  @Timespan(Timespan.NANOSECONDS)
  private long decode;

  @Label("Prefill Tokens per Second")
  private double prefillTokensPerSecond;

  @Label("Decode Tokens per Second")
  private double decodeTokensPerSecond;

  GenerationEvent() {
    begin();
  }

  /** Ends and writes the event. */
  void record(Session session, Generation generation) {
    end();
    if (shouldCommit()) {
      Metrics metrics = generation.metrics();
      this.session = session.id();
      promptTokens = metrics.promptTokens();
      generatedTokens = metrics.generatedTokens();
      position = session.position();
      reason = generation.reason().toString();
      prefill = metrics.prefill().toNanos();
      timeToFirstToken = metrics.timeToFirstToken().toNanos();
      decode = metrics.decode().toNanos();
      prefillTokensPerSecond = metrics.prefillTokensPerSecond();
      decodeTokensPerSecond = metrics.decodeTokensPerSecond();
      commit();
    }
  }
}

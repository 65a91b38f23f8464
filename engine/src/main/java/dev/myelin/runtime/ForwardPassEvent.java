package dev.myelin.runtime;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A batch of tokens was computed: part of a prompt, or one generated token. */
@Name("dev.myelin.ForwardPass")
@Label("Forward Pass")
@Category("Myelin")
@Enabled(false)
@StackTrace(false)
final class ForwardPassEvent extends Event {
  @Label("Session")
  private long session;

  @Label("Tokens")
  private int tokens;

  @Label("Position")
  @Description("Tokens in the session before")
  private int position;

  @Label("Logits")
  @Description("Number of tokens whose logits were computed")
  private int logits;

  ForwardPassEvent() {
    begin();
  }

  /** Ends and writes the event. */
  void record(long session, int tokens, int position, int logits) {
    end();
    if (shouldCommit()) {
      this.session = session;
      this.tokens = tokens;
      this.position = position;
      this.logits = logits;
      commit();
    }
  }
}

package dev.myelin.generate;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** The prompt of a generation was computed. */
@Name("dev.myelin.Prefill")
@Label("Prefill")
@Category("Myelin")
final class PrefillEvent extends Event {
  @Label("Session")
  private long session;

  @Label("Tokens")
  @Description("Computed, without those that the session already held")
  private int tokens;

  @Label("Position")
  @Description("Tokens in the session afterwards")
  private int position;

  PrefillEvent() {
    begin();
  }

  /** Ends and writes the event. */
  void record(Session session, int tokens) {
    end();
    if (shouldCommit()) {
      this.session = session.id();
      this.tokens = tokens;
      position = session.position();
      commit();
    }
  }
}

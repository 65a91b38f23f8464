package dev.myelin.generate;

import java.util.Locale;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** A session was opened: its threads were started and its KV cache was allocated. */
@Name("dev.myelin.SessionOpen")
@Label("Session Open")
@Category("Myelin")
final class SessionOpenEvent extends Event {
  @Label("Session")
  private long session;

  @Label("Model Path")
  private String path;

  @Label("Context Length")
  private int contextLength;

  @Label("Batch")
  private int batch;

  @Label("Threads")
  private int threads;

  @Label("Cache Type")
  private String cacheType;

  @Label("Cache Bytes")
  @DataAmount
  private long cacheBytes;

  SessionOpenEvent() {
    begin();
  }

  /** Ends and writes the event. */
  void record(Session session) {
    end();
    if (shouldCommit()) {
      this.session = session.id();
      path = session.model().file().path().toString();
      contextLength = session.contextLength();
      batch = session.options().batch();
      threads = session.options().threads();
      cacheType = session.options().cacheTypes().toUpperCase(Locale.ROOT);
      cacheBytes = session.cacheBytes();
      commit();
    }
  }
}

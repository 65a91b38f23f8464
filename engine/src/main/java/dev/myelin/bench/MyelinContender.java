package dev.myelin.bench;

import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;

/** Myelin itself: a session on a model, which stays the caller's. */
public final class MyelinContender implements Contender {
  private final Session session;

  public MyelinContender(Model model, BenchSpec spec) {
    session = Session.open(model, spec.sessionOptions());
  }

  /** The options with what was left open filled in: what another engine must be given too. */
  public SessionOptions options() {
    return session.options();
  }

  @Override
  public String name() {
    return "myelin";
  }

  @Override
  public String build() {
    String version = MyelinContender.class.getPackage().getImplementationVersion();
    return version == null ? "unknown" : version;
  }

  @Override
  public void feed(int[] tokens) {
    session.feed(tokens);
  }

  @Override
  public void truncate(int length) {
    session.truncate(length);
  }

  /** Ends a running test by an exception, from any thread. */
  public void cancel() {
    session.cancel();
  }

  @Override
  public void close() {
    session.close();
  }
}

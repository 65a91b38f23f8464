package dev.myelin.evaluate;

import dev.myelin.error.CapacityException;
import dev.myelin.generate.Session;
import java.util.ArrayList;
import java.util.List;

/** A session and forks of it, which are computed together. Confined to one thread at a time. */
final class Forks implements AutoCloseable {
  private final Session session;
  private final List<Session> forks = new ArrayList<>();

  /**
   * @param most sessions in all, if the session's runtime has room for them; 1 or more
   */
  Forks(Session session, int most) {
    this.session = session;
    try {
      while (count() < most) {
        forks.add(session.fork());
      }
    } catch (CapacityException e) {
      // fewer
    }
  }

  int count() {
    return 1 + forks.size();
  }

  /** The session itself, or one of the forks. */
  Session get(int index) {
    return index == 0 ? session : forks.get(index - 1);
  }

  /** Closes the forks. */
  @Override
  public void close() {
    forks.forEach(Session::close);
  }
}

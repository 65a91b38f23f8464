package dev.myelin.bench;

import dev.myelin.adapter.Adapter;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.model.Model;
import dev.myelin.model.ModelInfo;
import java.util.List;

/** Myelin as a {@link BenchEngine}. */
final class MyelinEngine implements BenchEngine {
  static final String NAME = "myelin";

  private final Model model;
  private final Session session;

  MyelinEngine(Checkpoint file, List<Adapter> adapters, SessionOptions options) {
    model = Model.load(file, adapters);
    try {
      session = Session.open(model, options);
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  ModelInfo info() {
    return model.info();
  }

  /** The session's options, with defaults filled in. */
  SessionOptions options() {
    return session.options();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void truncate(int position) {
    session.truncate(position);
  }

  @Override
  public void feed(int... tokens) {
    session.feed(tokens);
  }

  @Override
  public void close() {
    session.close();
    model.close();
  }
}

package dev.myelin.embed;

import dev.myelin.error.CancelledException;
import dev.myelin.error.CapacityException;
import dev.myelin.generate.Feed;
import dev.myelin.generate.Session;
import dev.myelin.pass.LengthBatches;
import dev.myelin.runtime.ModelRuntime;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntConsumer;

/**
 * Computes the vectors of texts, a batch of texts at a time. Confined to one thread at a time,
 * except {@link #cancel}.
 */
final class TextRunner {
  private final ModelRuntime runtime;
  private final Pooling pooling;
  private final boolean normalize;
  private final OptionalInt layer;
  private final int batch;
  private final List<Session> sessions = new CopyOnWriteArrayList<>();
  private volatile boolean cancelled;

  /**
   * @param pooling that of the options or of the model's file
   * @param batch tokens computed together at most, if they are of several texts
   */
  TextRunner(ModelRuntime runtime, Pooling pooling, EmbedOptions options, int batch) {
    this.runtime = runtime;
    this.pooling = pooling;
    normalize = options.normalize();
    layer = options.layer();
    this.batch = batch;
  }

  /**
   * The vectors of each text, in the order of the texts.
   *
   * @param texts tokens that fit
   * @param progress receives the number of texts done after each batch
   */
  List<List<float[]>> run(List<int[]> texts, IntConsumer progress) {
    List<List<float[]>> vectors = new ArrayList<>(texts.size());
    texts.forEach(text -> vectors.add(List.of()));
    int done = 0;
    try {
      int most = Math.min(texts.size(), runtime.options().sequences());
      int[] lengths = texts.stream().mapToInt(text -> text.length).toArray();
      for (List<Integer> indices : LengthBatches.of(lengths, batch, open(most))) {
        List<int[]> together = indices.stream().map(texts::get).toList();
        List<List<float[]>> computed = compute(together);
        for (int i = 0; i < computed.size(); i++) {
          vectors.set(indices.get(i), computed.get(i));
        }
        sessions.forEach(session -> session.truncate(0));
        done += computed.size();
        progress.accept(done);
      }
    } finally {
      sessions.forEach(Session::close);
      sessions.clear();
    }
    return vectors;
  }

  /** Opens sessions, as many as the runtime has room for; returns how many. */
  private int open(int most) {
    while (sessions.size() < most) {
      try {
        sessions.add(Session.open(runtime));
      } catch (CapacityException e) {
        if (sessions.isEmpty()) {
          throw e;
        }
        break;
      }
    }
    if (cancelled) {
      throw new CancelledException("cancelled");
    }
    return sessions.size();
  }

  private List<List<float[]>> compute(List<int[]> texts) {
    int[] longest = texts.getLast();
    if (outputs(longest.length) > runtime.options().batch()) {
      Pool pool = new Pool(pooling, longest.length, normalize);
      if (layer.isPresent()) {
        sessions.getFirst().feedLayerInputs(longest, layer.getAsInt(), pool);
      } else {
        sessions.getFirst().feedHidden(longest, pool);
      }
      return List.of(pool.vectors());
    }
    List<Feed> feeds = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      int[] tokens = texts.get(i);
      feeds.add(new Feed(sessions.get(i), tokens, outputs(tokens.length)));
    }
    if (pooling == Pooling.RANK) {
      return Feed.scores(feeds).stream().map(s -> List.of(floats(s))).toList();
    }
    List<MemorySegment> hidden =
        layer.isPresent() ? Feed.layerInputs(feeds, layer.getAsInt()) : Feed.hidden(feeds);
    List<List<float[]>> vectors = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      Pool pool = new Pool(pooling, texts.get(i).length, normalize);
      pool.acceptAll(hidden.get(i), feeds.get(i).outputs());
      vectors.add(pool.vectors());
    }
    return vectors;
  }

  private static float[] floats(MemorySegment values) {
    return values.toArray(ValueLayout.JAVA_FLOAT);
  }

  /** How many of a text's tokens have outputs: the last ones. */
  private int outputs(int tokens) {
    return pooling == Pooling.LAST || pooling == Pooling.RANK ? 1 : tokens;
  }

  void cancel() {
    cancelled = true;
    sessions.forEach(Session::cancel);
  }
}

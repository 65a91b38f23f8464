package dev.myelin.cli.bench;

import dev.myelin.adapter.Adapter;
import dev.myelin.bench.BenchEngine;
import dev.myelin.bindings.peer.LlamaAdapter;
import dev.myelin.bindings.peer.LlamaContext;
import dev.myelin.bindings.peer.LlamaContext.FlashAttention;
import dev.myelin.bindings.peer.LlamaModel;
import dev.myelin.generate.SessionOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * llama.cpp in this process with its defaults: repacked weights, flash attention where supported.
 */
final class LlamaCppEngine implements BenchEngine {
  static final String NAME = "llama.cpp";

  private final LlamaModel model;
  private final LlamaContext context;

  /**
   * @param options with all values resolved
   */
  LlamaCppEngine(Path file, List<Adapter> adapters, SessionOptions options) {
    model = LlamaModel.load(file, LlamaModel.Options.DEFAULT);
    try {
      context =
          model.createContext(
              new LlamaContext.Options(
                  options.contextLength(),
                  Math.min(options.batch(), options.contextLength()),
                  options.threads(),
                  options.cacheType().type().id(),
                  FlashAttention.AUTO));
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
    try {
      applyAdapters(adapters);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private void applyAdapters(List<Adapter> adapters) {
    List<LlamaAdapter> loaded = new ArrayList<>();
    float[] scales = new float[adapters.size()];
    for (Adapter adapter : adapters) {
      scales[loaded.size()] = adapter.scale();
      loaded.add(model.loadAdapter(adapter.file()));
    }
    context.setAdapters(loaded, scales);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void truncate(int position) {
    if (position == 0) {
      context.clear();
    } else {
      context.truncate(position);
    }
  }

  @Override
  public void feed(int... tokens) {
    context.feed(tokens);
  }

  @Override
  public void close() {
    context.close();
    model.close();
  }
}

package dev.myelin.bench;

import dev.myelin.bindings.NativeLibraries;
import dev.myelin.bindings.peer.LlamaContext;
import dev.myelin.bindings.peer.LlamaModel;
import dev.myelin.generate.SessionOptions;
import java.nio.file.Path;

/**
 * llama.cpp, from the libllama beside the ggml in use, with its own defaults: weights repacked
 * where it has a layout for them, flash attention where it thinks fit, lasting worker threads. This
 * class is the only one that needs it; comparing is the only thing that loads this class.
 */
public final class LlamaCppContender implements Contender {
  private final LlamaModel model;
  private final LlamaContext context;

  /**
   * @param options of the session it is compared with
   * @throws dev.myelin.error.NativeLibraryException if there is no libllama, or it refuses the file
   */
  public LlamaCppContender(Path file, SessionOptions options) {
    model = LlamaModel.load(file, LlamaModel.Options.DEFAULT);
    try {
      context =
          model.context(
              new LlamaContext.Options(
                  options.contextLength(),
                  options.batch(),
                  options.threads(),
                  options.cacheType().type().id(),
                  LlamaContext.FlashAttention.AUTO));
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  @Override
  public String name() {
    return "llama.cpp";
  }

  @Override
  public String build() {
    return "with ggml " + NativeLibraries.load().version();
  }

  @Override
  public void feed(int[] tokens) {
    context.feed(tokens);
  }

  @Override
  public void truncate(int length) {
    context.truncate(length);
  }

  @Override
  public void close() {
    context.close();
    model.close();
  }
}

package dev.myelin.bindings.peer;

import java.lang.foreign.MemorySegment;

/** A LoRA adapter that libllama loaded for a model; freed with the model. */
public final class LlamaAdapter {
  private final LlamaModel model;
  private final MemorySegment adapter;

  LlamaAdapter(LlamaModel model, MemorySegment adapter) {
    this.model = model;
    this.adapter = adapter;
  }

  LlamaModel model() {
    return model;
  }

  MemorySegment address() {
    model.address();
    return adapter;
  }
}

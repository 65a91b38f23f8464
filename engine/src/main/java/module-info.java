/** The engine: models, tokenizers, generation, training, quantizing, evaluation. */
module dev.myelin.engine {
  requires com.fasterxml.jackson.core;
  requires dev.myelin.bindings;
  requires java.management;
  requires java.net.http;
  requires static jdk.jfr;
  requires jdk.management;
  requires static org.jspecify;

  exports dev.myelin.adapter;
  exports dev.myelin.bench;
  exports dev.myelin.state;
  exports dev.myelin.chat;
  exports dev.myelin.cuda;
  exports dev.myelin.embed;
  exports dev.myelin.error;
  exports dev.myelin.evaluate;
  exports dev.myelin.generate;
  exports dev.myelin.gguf;
  exports dev.myelin.hub;
  exports dev.myelin.imatrix;
  exports dev.myelin.inspect;
  exports dev.myelin.model;
  exports dev.myelin.model.config;
  exports dev.myelin.plan;
  exports dev.myelin.quantize;
  exports dev.myelin.runtime;
  exports dev.myelin.sampling;
  exports dev.myelin.snapshot;
  exports dev.myelin.stories;
  exports dev.myelin.tokenizer;
  exports dev.myelin.train;
  exports dev.myelin.train.corpus;
  exports dev.myelin.train.vocabulary;
  exports dev.myelin.diagnostics to
      dev.myelin.cli;
  exports dev.myelin.file to
      dev.myelin.cli;
  exports dev.myelin.graph to
      dev.myelin.cli,
      dev.myelin.benches;
  exports dev.myelin.natives to
      dev.myelin.cli,
      dev.myelin.benches;
}

package dev.myelin.train;

import dev.myelin.gguf.GgufWriter;
import dev.myelin.graph.Tensor;
import dev.myelin.model.Model;
import java.nio.file.Path;
import java.util.Collection;

/** What a run learns, and how it is written for others to use. */
interface Learned extends AutoCloseable {
  /** A model that computes with the learned tensors as they are now. */
  Model model();

  /** The tensors that change. */
  Collection<Tensor> parameters();

  /** Describes the model to the file that a run goes on from. */
  void describe(GgufWriter state);

  /** Bytes of the checkpoint that people use. */
  long checkpointBytes();

  /** Writes that checkpoint. */
  void write(Path file);

  @Override
  void close();
}

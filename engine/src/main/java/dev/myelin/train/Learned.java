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

  /** Writes the checkpoint that people use. */
  void write(Path file);

  @Override
  void close();
}

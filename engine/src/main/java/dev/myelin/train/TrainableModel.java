package dev.myelin.train;

import dev.myelin.gguf.GgufWriter;
import dev.myelin.graph.Tensor;
import dev.myelin.model.Model;
import java.nio.file.Path;
import java.util.Collection;

/** The model that a run trains, and how its checkpoint is written. */
interface TrainableModel extends AutoCloseable {
  /** The model with the current values of the trained tensors. */
  Model model();

  /** The trained tensors. */
  Collection<Tensor> parameters();

  /** Adds the model to a state file. */
  void putState(GgufWriter state);

  /** Size of the checkpoint. */
  long checkpointBytes();

  /** Writes the checkpoint. */
  void write(Path file);

  @Override
  void close();
}
